import type { Custody, Opened } from '@lacuna/custody';
import { LacunaError, type Sealed } from '@lacuna/domain/kernel';
import { maskValue, type AllowedField } from '@lacuna/domain/policy';
import type { ShownField } from './get-member.query.js';

/** Fails closed: one value that does not open, and nothing is shown. */
const plaintextOf = (opened: Opened | undefined): string => {
  switch (opened?.kind) {
    case 'opened':
      return opened.plaintext;
    case 'erased':
      throw new LacunaError('MEMBER_ERASED', 'this member has been erased');
    case 'restricted':
      throw new LacunaError('SUBJECT_RESTRICTED', 'this member is being erased');
    case 'unknown':
    case 'corrupt':
    case undefined:
      throw new LacunaError('SEALED_VALUE_BROKEN', 'a sealed value of the directory does not open');
  }
};

type FieldsOfRow = Readonly<Partial<Record<string, Sealed>>>;

/** Opens the allowed fields that the row has, and none but these, each as its mask shows it. */
export const openFields = async (
  custody: Pick<Custody, 'unseal'>,
  tenant: string,
  allowed: readonly AllowedField[],
  row: FieldsOfRow,
): Promise<readonly ShownField[]> => {
  const present = allowed.flatMap((field) => {
    const sealed = row[field.name];
    return sealed === undefined ? [] : [{ ...field, sealed }];
  });
  const opened = await custody.unseal(
    tenant,
    present.map(({ sealed }) => sealed),
  );
  return present.map(({ name, mask }, index) => ({
    name,
    value: maskValue(mask, plaintextOf(opened[index])),
    masked: mask !== 'clear',
  }));
};

import { LacunaError, type Sealed } from '@lacuna/domain/kernel';
import type { MemberChanges } from '@lacuna/domain/member';
import type { Custody, Opened } from '@lacuna/custody';

const notOpened: Readonly<Record<Exclude<Opened['kind'], 'opened'>, string>> = {
  erased: 'SUBJECT_ERASED',
  restricted: 'SUBJECT_RESTRICTED',
  unknown: 'SUBJECT_UNKNOWN',
  corrupt: 'SEALED_CORRUPT',
};

/** What was asked for, in plain text: only to be sealed again at once, under another event's id. */
export const openChanges = async (
  custody: Custody,
  tenant: string,
  changes: MemberChanges<Sealed>,
): Promise<MemberChanges<string>> => {
  const entries = Object.entries(changes);
  if (entries.length === 0) return {};
  const opened = await custody.unseal(
    tenant,
    entries.map(([, sealed]) => sealed),
  );
  return Object.fromEntries(
    entries.map(([field], index): [string, string] => {
      const value = opened[index] ?? { kind: 'unknown' as const };
      if (value.kind !== 'opened') throw new LacunaError(notOpened[value.kind]);
      return [field, value.plaintext];
    }),
  );
};

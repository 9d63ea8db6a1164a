import { protoName } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import { isMemberField } from '@lacuna/domain/member';

const PROCESSING_FIELDS = ['channel', 'lawful_basis', 'purposes', 'notice_version', 'provenance'];

const pathOf = (field: string, infoField: string): string => {
  const name = protoName(field);
  if (isMemberField(field)) return `${infoField}.${name}`;
  return PROCESSING_FIELDS.includes(name) ? `processing.${name}` : name;
};

/** The domain names a field alone; a caller is told its place in the message (`info.member_level`). */
export const inProtoTerms = (error: unknown, infoField: string): unknown => {
  if (!(error instanceof LacunaError) || error.violations.length === 0) return error;
  const violations = error.violations.map(({ field, rule }) => ({ field: pathOf(field, infoField), rule }));
  return new LacunaError(error.code, error.message, violations, { cause: error });
};

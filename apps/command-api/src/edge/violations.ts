import { protoName } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import { isMemberField } from '@lacuna/domain/member';

/** Where a field that the domain names stands in the message; null: not in the part that is asked. */
export type Place = (field: string) => string | null;

const PROCESSING_FIELDS = ['channel', 'lawful_basis', 'purposes', 'notice_version', 'provenance'];

const inProcessing: Place = (field) => {
  const name = protoName(field);
  return PROCESSING_FIELDS.includes(name) ? `processing.${name}` : null;
};

/** A member's own fields, under the field of the message that holds them. */
export const memberFieldsUnder =
  (holder: string): Place =>
  (field) =>
    isMemberField(field) ? `${holder}.${protoName(field)}` : null;

const BEHAVIOUR_FIELDS = ['member_id', 'customer_number', 'occurred', 'details'];
const CALL_FIELDS = ['role', 'request_id', 'activity_id', 'behaviour_id'];

/** What a form asks for stands under `details`; a kind that is refused is named by its own name. */
export const detailsUnder =
  (holder: string, kind: string): Place =>
  (field) => {
    const name = protoName(field);
    if (CALL_FIELDS.includes(name) || inProcessing(field) !== null) return null;
    if (field === kind) return holder === '' ? null : `${holder}kind`;
    return BEHAVIOUR_FIELDS.includes(name) ? `${holder}${name}` : `${holder}details.${field}`;
  };

/** The domain names a field alone; a caller is told its place in the message (`info.member_level`). */
export const inProtoTerms = (error: unknown, place: Place): unknown => {
  if (!(error instanceof LacunaError) || error.violations.length === 0) return error;
  const violations = error.violations.map(({ field, rule }) => ({
    field: place(field) ?? inProcessing(field) ?? protoName(field),
    rule,
  }));
  return new LacunaError(error.code, error.message, violations, { cause: error });
};

/** As `inProtoTerms`, to be given to a promise's `catch`. */
export const throwInProtoTerms =
  (place: Place) =>
  (error: unknown): never => {
    throw inProtoTerms(error, place);
  };

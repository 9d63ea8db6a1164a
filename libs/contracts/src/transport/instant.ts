import { CallError } from './call-error.js';

// RFC 3339, seconds and their fraction may be left out.
const INSTANT_FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

const POSITION_FORM = /^\d{1,19}$/;
const MAX_POSITION = 2n ** 63n - 1n;

const DATE_FORM = /^\d{4}-\d\d-\d\d$/;

/** A local date of a caller that the calendar has; null: it is none. */
export const dateOf = (text: string): string | null => {
  const time = DATE_FORM.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? text : null;
};

/** An instant of a caller in UTC with milliseconds; null: it is none. */
export const instantOf = (text: string): string | null => {
  const time = INSTANT_FORM.test(text) && dateOf(text.slice(0, 10)) !== null ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? null : new Date(time).toISOString();
};

/** A position of a caller; null: it is none. */
export const positionOf = (text: string): bigint | null => {
  if (!POSITION_FORM.test(text)) return null;
  const position = BigInt(text);
  return position <= MAX_POSITION ? position : null;
};

/** Whether a text is empty or of a form: what `read` makes of it is not null. */
export const isEmptyOr =
  (read: (text: string) => unknown) =>
  (text: unknown): boolean =>
    text === '' || (typeof text === 'string' && read(text) !== null);

/** An optional instant of a checked message. */
export const optionalInstant = (field: string, text: string): string | null => {
  if (text === '') return null;
  const instant = instantOf(text);
  if (instant === null) throw new CallError('FIELD_INVALID', 'not an instant', [{ field, rule: 'instant' }]);
  return instant;
};

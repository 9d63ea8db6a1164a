import type { Custody } from '@lacuna/custody';
import { streamId, type LocalDate } from '@lacuna/domain/kernel';
import { auditCategory } from '@lacuna/domain/reading';

const MAX_MONTHS = 1_200;

/** Every calendar month from one to another, both included: `1998-11`, `1998-12`, `1999-01`. */
export const monthsBetween = (first: LocalDate, last: LocalDate): readonly string[] => {
  const number = (date: LocalDate): number => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1;
  const from = Math.max(number(first), number(last) - MAX_MONTHS + 1);
  return Array.from({ length: Math.max(0, number(last) - from + 1) }, (_, index) => {
    const month = from + index;
    return `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`;
  });
};

/**
 * The streams that hold who read this person's data, by the names that only the person's audit key and the month's
 * give. The first outlives an erasure; none where nobody has read anything, and none once one of them is gone: the
 * entries stay, the link does not.
 */
export const readStreams = async (
  custody: Pick<Custody, 'streamNames'>,
  { tenant, memberId }: Readonly<{ tenant: string; memberId: string }>,
  months: readonly string[],
): Promise<readonly string[]> => {
  const names = await custody.streamNames({ tenant, subject: memberId }, auditCategory, months);
  return names.map((name) => streamId(tenant, 'reads', name));
};

import type { Custody } from '@lacuna/custody';
import { hasCode, streamId, type Instant, type LocalDate } from '@lacuna/domain/kernel';
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

type Person = Readonly<{ tenant: string; memberId: string; now: Instant }>;

/**
 * The streams that hold who read this person's data, by the names that only the person's audit key gives. None where
 * nobody has read anything, and none once the key may not be used: the link is gone, the entries stay.
 */
export const readStreams = async (
  custody: Pick<Custody, 'open'>,
  { tenant, memberId, now }: Person,
  months: readonly string[],
): Promise<readonly string[]> => {
  try {
    const writer = await custody.open({
      tenant,
      subject: memberId,
      categories: [auditCategory],
      mint: 'none',
      now,
    });
    return months.map((month) => streamId(tenant, 'reads', writer.deriveStream(auditCategory, month)));
  } catch (error) {
    if (hasCode(error, 'SUBJECT_UNKNOWN', 'SUBJECT_ERASED', 'SUBJECT_RESTRICTED')) return [];
    throw error;
  }
};

import type { DoubleRecord } from './double-records.js';

/** What a stream's metadata makes its readers miss. */
export type Forgetting = Readonly<{
  before: bigint;
  maxCount: number | null;
  maxAgeMs: number | null;
  isSoftDeleted: boolean;
}>;

export const KEEPS_ALL: Forgetting = { before: 0n, maxCount: null, maxAgeMs: null, isSoftDeleted: false };

// The server writes the largest 64-bit number into $tb of what is deleted softly; JSON rounds it up.
const DELETED = 2n ** 63n - 1n;

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

export const forgettingOf = (metadata: DoubleRecord): Forgetting => {
  const read = JSON.parse(metadata.data.toString('utf8')) as Readonly<Record<string, unknown>>;
  const before = BigInt(numberOf(read['$tb']) ?? 0);
  const maxAge = numberOf(read['$maxAge']);
  return {
    before,
    maxCount: numberOf(read['$maxCount']),
    maxAgeMs: maxAge === null ? null : maxAge * 1000,
    isSoftDeleted: before >= DELETED,
  };
};

/** The index of the first record that a reader of the stream sees. */
export const visibleFrom = (
  records: readonly DoubleRecord[],
  { before, maxCount, maxAgeMs }: Forgetting,
  now: number,
): number => {
  const counted = maxCount === null ? 0 : Math.max(0, records.length - maxCount);
  const young = maxAgeMs === null ? 0 : records.findIndex((record) => record.created >= now - maxAgeMs);
  return Math.max(Number(before), counted, young === -1 ? records.length : young);
};

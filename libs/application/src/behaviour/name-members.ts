import { LacunaError, hasCode } from '@lacuna/domain/kernel';
import type { Ports } from '../ports.js';
import type { ReadRecord, RefusedRecord } from './read-record.js';

export type NamedRecord = Omit<ReadRecord, 'named'> & Readonly<{ memberId: string }>;

/** The pack's unique field by which callers know their members. */
const NUMBER = 'customerNumber';

/** Whose each record is; each number is asked for once, all of them together. A number of nobody's is `MEMBER_NOT_FOUND`. */
export const nameMembers = async (
  { custody }: Ports,
  tenant: string,
  records: readonly ReadRecord[],
): Promise<readonly (NamedRecord | RefusedRecord)[]> => {
  const holders = new Map<string, Promise<string | null>>();
  const holderOf = (number: string): Promise<string | null> => {
    const asked = holders.get(number) ?? custody.lookup(tenant, NUMBER, number);
    holders.set(number, asked);
    return asked;
  };
  return Promise.all(
    records.map(async ({ named, ...record }): Promise<NamedRecord | RefusedRecord> => {
      try {
        const memberId = 'memberId' in named ? named.memberId : await holderOf(named.customerNumber);
        if (memberId === null) throw new LacunaError('MEMBER_NOT_FOUND');
        return { ...record, memberId };
      } catch (error) {
        return { index: record.index, about: aboutOf(error), error };
      }
    }),
  );
};

const ABOUT_THE_MEMBER = ['MEMBER_NOT_FOUND', 'SUBJECT_ERASED', 'SUBJECT_RESTRICTED', 'SUBJECT_UNKNOWN'];

/** What custody says of one member is about the record; anything else would have met every other record as well. */
export const aboutOf = (error: unknown): RefusedRecord['about'] =>
  hasCode(error, ...ABOUT_THE_MEMBER) ? 'record' : 'call';

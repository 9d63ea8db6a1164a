import type { LocalDate, CommandContext, Sealed } from '@lacuna/domain/kernel';
import { streamId } from '@lacuna/domain/kernel';
import { memberCategory, type Member, type MemberEvent } from '@lacuna/domain/member';
import { localDate, uniqueFields, type PolicyPack } from '@lacuna/domain/policy';
import type { ClaimedValue, Sealing, Task } from '../execute/task.js';

export type MemberTask<Answer> = Task<Member, MemberEvent<Sealed>, MemberEvent<string>, Answer>;

export const memberStream = (tenant: string, memberId: string): string =>
  streamId(tenant, 'member', memberId);

/** A request about a member that is there: one stream, whatever the request key. */
export const memberPlace = (tenant: string, memberId: string) => ({
  stream: memberStream(tenant, memberId),
  subject: memberId,
});

/** The fields that came in. */
export const provided = (info: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.keys(info).filter((field) => info[field] !== undefined);

let lastToday = { minute: '', zone: '', date: '' };

/** The day of the last minute asked about is remembered: a day ends with a minute, and each command asks. */
export const today = ({ zone }: PolicyPack, { at }: CommandContext): LocalDate => {
  const minute = at.slice(0, 'yyyy-mm-ddThh:mm'.length);
  if (lastToday.minute !== minute || lastToday.zone !== zone)
    lastToday = { minute, zone, date: localDate(at, zone) };
  return lastToday.date;
};

export const sealingOf =
  (tenant: string, mint: Sealing<never>['mint']) =>
  (subject: string): Sealing<MemberEvent<string>> => ({
    subject: { tenant, subject },
    categories: [memberCategory],
    mint,
    digest: memberCategory,
  });

/** The unique values of an event: their claims are made before the append, in the same commit as the keys. */
export const claimsOf =
  (pack: PolicyPack) =>
  (event: MemberEvent<string>): readonly ClaimedValue[] => {
    const values: Readonly<Record<string, unknown>> =
      event.type === 'MemberRegistered'
        ? event.data
        : event.type === 'InfoCorrected'
          ? event.data.changes
          : {};
    return uniqueFields(pack).flatMap((kind) => {
      const value = values[kind];
      return typeof value === 'string' ? [{ kind, value }] : [];
    });
  };

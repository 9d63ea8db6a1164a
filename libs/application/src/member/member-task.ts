import type { LocalDate, CommandContext, Sealed } from '@lacuna/domain/kernel';
import { streamId } from '@lacuna/domain/kernel';
import { memberCategory, type Member, type MemberEvent } from '@lacuna/domain/member';
import { localDate, uniqueFields, type PolicyPack } from '@lacuna/domain/policy';
import type { RequestNames } from '@lacuna/custody';
import type { ClaimedValue, Sealing, Target, Task, Targets } from '../execute/task.js';
import { targetsOf } from '../execute/targets.js';

export type MemberTask<Answer> = Task<Member, MemberEvent<Sealed>, MemberEvent<string>, Answer>;

export const memberStream = (tenant: string, memberId: string): string =>
  streamId(tenant, 'member', memberId);

/** A request about a member that is there: one stream, whatever the request key. */
export const targetsAt = (tenant: string, memberId: string, names: readonly RequestNames[]): Targets =>
  targetsOf(names, () => ({ stream: memberStream(tenant, memberId), subject: memberId }));

/** The fields that came in. */
export const provided = (info: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.keys(info).filter((field) => info[field] !== undefined);

export const today = (pack: PolicyPack, { at }: CommandContext): LocalDate => localDate(at, pack.zone);

export const sealingOf =
  (tenant: string, mint: Sealing<never>['mint']) =>
  ({ subject }: Target): Sealing<MemberEvent<string>> => ({
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

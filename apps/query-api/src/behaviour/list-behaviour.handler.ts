import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CallError } from '@lacuna/contracts';
import type { ScopedKeys } from '@lacuna/custody';
import { behaviourCategory } from '@lacuna/domain/behaviour';
import { hasCode, LacunaError, type LocalDate } from '@lacuna/domain/kernel';
import { liveDays, type Allowed, type PolicyPack } from '@lacuna/domain/policy';
import { allowReadOrRecord, fieldsAsked, packOf, subjectFact } from '../edge/access.js';
import { resolveMember, whyAbsent } from '../member/resolve-member.js';
import { QUERY_PORTS, type QueryPorts } from '../query-api.ports.js';
import { ListBehaviour, type BehaviourRequest, type ShownBehaviours } from './list-behaviour.query.js';
import { entriesOf, shown } from './open-day.js';
import { readDays } from './read-days.js';

/**
 * Reads what a member did in the days that live (R048, R051, R055): decide, derive the names of the streams, open, keep
 * the allowed kinds, record, answer, in that order. Nothing else leads from a person to these records.
 */
@QueryHandler(ListBehaviour)
export class ListBehaviourHandler implements IQueryHandler<ListBehaviour> {
  constructor(@Inject(QUERY_PORTS) private readonly ports: QueryPorts) {}

  async execute({ caller, request }: ListBehaviour): Promise<ShownBehaviours> {
    const { tenant } = caller;
    const pack = packOf(this.ports.packs, tenant);
    const memberId = await resolveMember(this.ports.custody, tenant, request.by);
    const facts = subjectFact(caller, memberId);
    const asked = { purpose: request.purpose, fields: request.kinds, facts };
    const fields = fieldsAsked(pack, caller, behaviourCategory, asked);
    const decision = await allowReadOrRecord(this.ports, caller, memberId, { ...asked, fields });
    assertKinds(pack, decision);
    if (memberId === null) throw new LacunaError('MEMBER_NOT_FOUND', 'no such member');

    const live = liveDays(pack, behaviourCategory, this.ports.clock.now());
    const keys = await this.keysOf(tenant, memberId, within(live, request));
    const days = await readDays(this.ports.views, tenant, keys);
    const kinds = new Set(decision.fields.map(({ name }) => name));
    const entries = days.flatMap(entriesOf).flatMap((entry) => shown(pack, kinds, entry) ?? []);
    await this.ports.recorder.recordRead({
      caller,
      memberId,
      purpose: request.purpose,
      category: behaviourCategory,
      fields: [...kinds],
      action: 'read',
      rules: decision.rules,
      grants: decision.approvals,
      asOf: null,
    });
    return { memberId, entries, liveFrom: live[0] ?? '' };
  }

  /** The keys of a member's open days, the oldest first; a day on which nobody recorded anything has none. */
  private async keysOf(
    tenant: string,
    memberId: string,
    days: readonly LocalDate[],
  ): Promise<readonly ScopedKeys[]> {
    try {
      const keys = await this.ports.custody.openScopes(
        { tenant, subject: memberId },
        behaviourCategory,
        days,
      );
      return [...keys].sort((one, other) => (one.scope < other.scope ? -1 : 1));
    } catch (error) {
      // Keys are made for everybody at once: who has none yet has done nothing that could have been sealed.
      if (hasCode(error, 'SUBJECT_UNPREPARED')) return [];
      if (hasCode(error, 'SUBJECT_ERASED', 'SUBJECT_RESTRICTED', 'SUBJECT_UNKNOWN'))
        throw await whyAbsent(this.ports.custody, tenant, memberId);
      throw error;
    }
  }
}

const within = (days: readonly LocalDate[], { fromDay, toDay }: BehaviourRequest): readonly LocalDate[] =>
  days.filter((day) => (fromDay === '' || day >= fromDay) && (toDay === '' || day <= toDay));

/** Fields of other categories are read elsewhere, each in its own way. */
const assertKinds = (pack: PolicyPack, { fields }: Allowed): void => {
  if (fields.some(({ name }) => pack.fields.get(name)?.category !== behaviourCategory))
    throw new CallError('KIND_UNKNOWN', 'a field that was asked for is no kind of behaviour', [
      { field: 'kinds', rule: 'unlisted' },
    ]);
};

import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Caller } from '@lacuna/application';
import { hasCode, LacunaError } from '@lacuna/domain/kernel';
import { categoryOf, type AllowedField, type PolicyPack } from '@lacuna/domain/policy';
import type { ParticipantRow } from '@lacuna/projections';
import { allowReadOrRecord, decideRead, packOf, type AskedRead } from '../edge/access.js';
import { inParallel } from '../edge/in-parallel.js';
import { openFields } from '../member/shown-fields.js';
import { QUERY_PORTS, type QueryPorts } from '../query-api.ports.js';
import { GetRoster, type Roster, type ShownParticipant } from './activity.queries.js';
import { openSignUp, SIGN_UP_FIELD } from './open-sign-up.js';

/** Participants looked up and recorded side by side. */
const MOST_AT_ONCE = 8;

/** What custody says of somebody who has left since. */
const LEFT = ['SUBJECT_ERASED', 'SUBJECT_RESTRICTED', 'SUBJECT_UNKNOWN', 'MEMBER_ERASED', 'SCOPE_CLOSED'];

/**
 * Who takes part in an activity, for those who organise it (R049): decide, find each member, open, record each of the
 * reads, answer. The pack says whether names go with it; what it does not allow is not opened.
 */
@QueryHandler(GetRoster)
export class GetRosterHandler implements IQueryHandler<GetRoster> {
  constructor(@Inject(QUERY_PORTS) private readonly ports: QueryPorts) {}

  async execute({ caller, request }: GetRoster): Promise<Roster> {
    const { tenant } = caller;
    const { activityId, purpose } = request;
    const pack = packOf(this.ports.packs, tenant);
    const activity = await this.ports.views.activities.one(tenant, activityId);
    // Of none there is, the owner is nobody else: who may read a roster of their own is told so.
    const isOwn = activity === null || activity.organiser === caller.actorId;
    const asked: AskedRead = {
      purpose,
      fields: [SIGN_UP_FIELD],
      facts: { activity: isOwn ? 'own' : 'other', subject: 'other' },
    };
    const decision = await allowReadOrRecord(this.ports, caller, null, asked);
    if (activity === null) throw new LacunaError('ACTIVITY_NOT_FOUND', 'no such activity');

    const names = decideRead(pack, caller, { ...asked, fields: ['name'] });
    const fields = [...decision.fields, ...(names.kind === 'allowed' ? names.fields : [])];
    const rules = [...new Set([...decision.rules, ...(names.kind === 'allowed' ? names.rules : [])])];
    const read = { caller, purpose, pack, activityId, fields, rules };
    const rows = await this.ports.views.activities.participants(tenant, activityId);
    const shown = await inParallel(rows, MOST_AT_ONCE, (row) => this.show(read, row));
    const participants = shown.flatMap((participant) => participant ?? []);
    return { participants, gone: shown.length - participants.length };
  }

  /** One participant, recorded as read before it is shown; null: the member has left since. */
  private async show(read: RosterRead, row: ParticipantRow): Promise<ShownParticipant | null> {
    const { custody } = this.ports;
    const { tenant } = read.caller;
    // A claim is confirmed after its append has been answered: a sign-up of this moment is found by it already.
    const memberId = await custody.lookup(tenant, 'participant', row.participantId, { includeOpen: true });
    if (memberId === null) return null;
    try {
      const details = await openSignUp(custody, { ...read, tenant, memberId }, row);
      const name = await this.nameOf(read, memberId);
      if (details === null || name === null) return null;
      await this.record(read, memberId);
      return { participantId: row.participantId, name, details };
    } catch (error) {
      if (hasCode(error, ...LEFT)) return null;
      throw error;
    }
  }

  /** Empty where the pack allows no name; null: not in the directory any more. */
  private async nameOf({ caller, fields }: RosterRead, memberId: string): Promise<string | null> {
    const allowed = fields.filter(({ name }) => name === 'name');
    if (allowed.length === 0) return '';
    const { member } = await this.ports.views.memberById(caller.tenant, memberId);
    if (member === null) return null;
    const [name] = await openFields(this.ports.custody, caller.tenant, allowed, member.fields);
    return name?.value ?? '';
  }

  /** One event for each category of what is about to be shown. */
  private async record(
    { caller, purpose, pack, fields, rules }: RosterRead,
    memberId: string,
  ): Promise<void> {
    for (const category of new Set(fields.map(({ name }) => categoryOf(pack, name))))
      await this.ports.recorder.recordRead({
        caller,
        memberId,
        purpose,
        category,
        fields: fields.map(({ name }) => name).filter((name) => categoryOf(pack, name) === category),
        action: 'read',
        rules,
        grants: [],
        asOf: null,
      });
  }
}

type RosterRead = Readonly<{
  caller: Caller;
  purpose: string;
  pack: PolicyPack;
  activityId: string;
  fields: readonly AllowedField[];
  rules: readonly string[];
}>;

import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { limits } from '@lacuna/contracts';
import { localDate, type PolicyPack } from '@lacuna/domain/policy';
import type { AuditFilter, AuditRow } from '@lacuna/projections';
import { allowOrRecord, packOf } from '../edge/access.js';
import { QUERY_PORTS, type QueryPorts } from '../query-api.ports.js';
import {
  ListAuditTrail,
  type TrailEntry,
  type TrailPage,
  type TrailRequest,
} from './list-audit-trail.query.js';
import { afterOf, pageToken } from './page-token.js';
import { monthsBetween, readStreams } from './read-streams.js';
import { ruleOf } from './rule-of.js';
import { sentences } from './sentences.js';
import { wordsFor } from './words.js';

const DEFAULT_PAGE_SIZE = 100;

/** Reads the audit trail (R013, R097, R099); that it was read is recorded before it is answered. */
@QueryHandler(ListAuditTrail)
export class ListAuditTrailHandler implements IQueryHandler<ListAuditTrail> {
  constructor(@Inject(QUERY_PORTS) private readonly ports: QueryPorts) {}

  async execute({ caller, request }: ListAuditTrail): Promise<TrailPage> {
    const { tenant } = caller;
    const pack = packOf(this.ports.packs, tenant);
    await allowOrRecord(this.ports, caller, 'audit');
    const after = afterOf(tenant, request, request.pageToken);
    const limit = Math.min(request.pageSize || DEFAULT_PAGE_SIZE, limits.maxPageSize);
    const rows = await this.ports.views.auditPage(tenant, await this.filter(tenant, pack, request), {
      after,
      limit,
    });
    const members = await this.membersOf(tenant, rows);
    const { from, to, memberId } = request;
    await this.ports.recorder.recordTrailRead({ caller, from, to, byMember: memberId !== null });
    const last = rows.at(-1);
    return {
      entries: rows.map((row) =>
        entryOf(pack, request, row, members.get(row.position) ?? row.memberId ?? ''),
      ),
      nextPageToken: last && rows.length === limit ? pageToken(tenant, request, last.position) : '',
    };
  }

  private async filter(tenant: string, pack: PolicyPack, request: TrailRequest): Promise<AuditFilter> {
    const { memberId, from, to } = request;
    const times = { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) };
    if (memberId === null) return times;
    const now = this.ports.clock.now();
    // What a person's stream begins with is older than every read of that person.
    const [first] = await this.ports.views.auditPage(tenant, { memberId }, { after: 0n, limit: 1 });
    const months = monthsBetween(
      localDate(from ?? first?.recordedAt ?? now, pack.zone),
      localDate(to !== null && to < now ? to : now, pack.zone),
    );
    return {
      ...times,
      memberId,
      streams: await readStreams(this.ports.custody, { tenant, memberId }, months),
    };
  }

  /** Whom each read was about, as far as that may still be known. */
  private async membersOf(tenant: string, rows: readonly AuditRow[]): Promise<ReadonlyMap<bigint, string>> {
    const sealed = rows.flatMap(({ position, subject }) => (subject === null ? [] : [{ position, subject }]));
    if (sealed.length === 0) return new Map();
    const opened = await this.ports.custody.unseal(
      tenant,
      sealed.map(({ subject }) => subject),
    );
    return new Map(
      sealed.flatMap(({ position }, index) => {
        const one = opened[index];
        return one?.kind === 'opened' ? [[position, one.plaintext] as const] : [];
      }),
    );
  }
}

const isKnown = (type: string): type is keyof typeof sentences => Object.hasOwn(sentences, type);

const entryOf = (
  pack: PolicyPack,
  { language }: TrailRequest,
  row: AuditRow,
  memberId: string,
): TrailEntry => ({
  position: row.position,
  recordedAt: row.recordedAt,
  eventType: row.eventType,
  actor: row.actor,
  role: row.role,
  purpose: row.purposes.join(', '),
  rule: ruleOf(pack, row),
  policy: row.policy,
  memberId,
  fields: row.fields,
  text: isKnown(row.eventType)
    ? sentences[row.eventType][language](wordsFor(pack, language, row, memberId))
    : row.eventType,
  outcome: row.outcome,
});

import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Caller } from '@lacuna/application';
import { CallError, instantOf, positionOf } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import { categoryOf, type Allowed, type PolicyPack } from '@lacuna/domain/policy';
import { memberDirectory } from '@lacuna/projections';
import { allowReadOrRecord, packOf, subjectFact } from '../edge/access.js';
import { QUERY_PORTS, type QueryPorts } from '../query-api.ports.js';
import { GetMember, type MemberRequest, type ShownField, type ShownMember } from './get-member.query.js';
import { resolveMember, whyAbsent } from './resolve-member.js';
import { openFields } from './shown-fields.js';

/**
 * Reads a member (R048, R051, R054, R055): decide, find, open the allowed fields alone, record, mask, answer, in that
 * order. What is refused is recorded too, and no answer goes out that was not recorded first.
 */
@QueryHandler(GetMember)
export class GetMemberHandler implements IQueryHandler<GetMember> {
  constructor(@Inject(QUERY_PORTS) private readonly ports: QueryPorts) {}

  async execute({ caller, request }: GetMember): Promise<ShownMember> {
    const pack = packOf(this.ports.packs, caller.tenant);
    const memberId = await resolveMember(this.ports.custody, caller.tenant, request.by);
    const { purpose, fields } = request;
    const facts = subjectFact(caller, memberId);
    const decision = await allowReadOrRecord(this.ports, caller, memberId, { purpose, fields, facts });
    if (memberId === null) throw new LacunaError('MEMBER_NOT_FOUND', 'no such member');
    return await this.show({ caller, request, pack, decision }, memberId);
  }

  private async show(read: PermittedRead, memberId: string): Promise<ShownMember> {
    const { caller, request, decision } = read;
    const asOf = await this.asOf(request.asOf);
    await this.awaitDirectory(request.minPosition, asOf);
    const { member, position } = await this.ports.views.memberById(
      caller.tenant,
      memberId,
      asOf ?? undefined,
    );
    if (member === null) throw await whyAbsent(this.ports.custody, caller.tenant, memberId);
    const fields = await openFields(this.ports.custody, caller.tenant, decision.fields, member.fields);
    await this.record(read, memberId, fields, asOf);
    return { memberId, fields, position };
  }

  /** One event for each category of what is about to be shown; one without fields where nothing is. */
  private async record(
    { caller, request, pack, decision }: PermittedRead,
    memberId: string,
    shown: readonly ShownField[],
    asOf: bigint | null,
  ): Promise<void> {
    const names = (shown.length > 0 ? shown : decision.fields).map(({ name }) => name);
    for (const category of new Set(names.map((name) => categoryOf(pack, name)))) {
      await this.ports.recorder.recordRead({
        caller,
        memberId,
        purpose: request.purpose,
        category,
        fields: shown.map(({ name }) => name).filter((name) => categoryOf(pack, name) === category),
        action: 'read',
        rules: decision.rules,
        grants: decision.approvals,
        asOf,
      });
    }
  }

  /** The position that a moment of the past stands for: recorded time, inclusive. */
  private async asOf(text: string): Promise<bigint | null> {
    if (text === '') return null;
    const position = positionOf(text);
    if (position !== null) return position;
    const instant = instantOf(text);
    if (instant === null || instant > this.ports.clock.now()) {
      throw new CallError('AS_OF_INVALID', 'a moment that has not come yet cannot be read');
    }
    return await this.ports.views.positionAt(instant);
  }

  private async awaitDirectory(minPosition: bigint, asOf: bigint | null): Promise<void> {
    const needed = asOf !== null && asOf > minPosition ? asOf : minPosition;
    if (needed > 0n) await this.ports.views.waitUntil(memberDirectory.name, needed);
  }
}

type PermittedRead = Readonly<{
  caller: Caller;
  request: MemberRequest;
  pack: PolicyPack;
  decision: Allowed;
}>;

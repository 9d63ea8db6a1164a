import { QueryBus } from '@nestjs/cqrs';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { DtoPipe, GrpcController, optionalInstant, type queryV1 } from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { ListAuditTrailDto } from './audit/list-audit-trail.dto.js';
import { ListAuditTrail, type TrailEntry } from './audit/list-audit-trail.query.js';
import { GetMemberDto } from './member/get-member.dto.js';
import { GetMember } from './member/get-member.query.js';
import { GetServerInfo, GetStatus } from './server/server.queries.js';

const entryOf = (entry: TrailEntry): queryV1.AuditEntry => ({
  ...entry,
  position: String(entry.position),
  fields: [...entry.fields],
});

/** Reads over gRPC. */
@GrpcController()
export class QueryController {
  constructor(private readonly queries: QueryBus) {}

  @GrpcMethod('QueryService', 'GetMember')
  async getMember(
    @Payload(new DtoPipe(GetMemberDto)) { by, purpose, fields, asOf, minPosition }: GetMemberDto,
    @CallerIdentity() identity: Identity,
  ): Promise<queryV1.GetMemberResponse> {
    const request = { by, purpose, fields, asOf, minPosition: BigInt(minPosition || 0) };
    const shown = await this.queries.execute(new GetMember(identity, request));
    return { memberId: shown.memberId, fields: [...shown.fields], position: String(shown.position) };
  }

  @GrpcMethod('QueryService', 'ListAuditTrail')
  async listAuditTrail(
    @Payload(new DtoPipe(ListAuditTrailDto)) message: ListAuditTrailDto,
    @CallerIdentity() identity: Identity,
  ): Promise<queryV1.ListAuditTrailResponse> {
    const { memberId, from, to, pageSize, pageToken, language } = message;
    const { entries, nextPageToken } = await this.queries.execute(
      new ListAuditTrail(identity, {
        memberId: memberId || null,
        from: optionalInstant('from', from),
        to: optionalInstant('to', to),
        pageSize,
        pageToken,
        language: language || 'en',
      }),
    );
    return { entries: entries.map(entryOf), nextPageToken };
  }

  @GrpcMethod('QueryService', 'GetStatus')
  getStatus(@CallerIdentity() identity: Identity): Promise<queryV1.GetStatusResponse> {
    return this.queries.execute(new GetStatus(identity));
  }

  @GrpcMethod('QueryService', 'GetServerInfo')
  getServerInfo(@CallerIdentity() identity: Identity): Promise<queryV1.GetServerInfoResponse> {
    return this.queries.execute(new GetServerInfo(identity));
  }
}

import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { GetErasureStatus, PreviewErasure, RequestErasure, type ErasurePlanItem } from '@lacuna/application';
import { DtoPipe, GrpcController, type memberV1 } from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { callerOf, frameOf } from '../edge/frame.js';
import { memberFieldsUnder, throwInProtoTerms } from '../edge/violations.js';
import { AboutErasureDto, RequestErasureDto } from './erasure.dto.js';

/** What an erasure would do, asking for one, and how far it has come (R077, R078, R082). */
@GrpcController()
export class ErasureController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @GrpcMethod('MemberService', 'PreviewErasure')
  async previewErasure(
    @Payload(new DtoPipe(AboutErasureDto)) { memberId }: AboutErasureDto,
    @CallerIdentity() identity: Identity,
  ): Promise<memberV1.PreviewErasureResponse> {
    const plan = await this.queries.execute(new PreviewErasure(callerOf(identity), memberId));
    return { items: plan.map(itemOf) };
  }

  @GrpcMethod('MemberService', 'RequestErasure')
  async requestErasure(
    @Payload(new DtoPipe(RequestErasureDto)) request: RequestErasureDto,
    @CallerIdentity() identity: Identity,
  ): Promise<memberV1.RequestErasureResponse> {
    const { memberId, reason, categories } = request;
    return await this.commands
      .execute(new RequestErasure(frameOf(identity, request), { memberId, reason, categories }))
      .catch(throwInProtoTerms(memberFieldsUnder('info')));
  }

  @GrpcMethod('MemberService', 'GetErasureStatus')
  async getErasureStatus(
    @Payload(new DtoPipe(AboutErasureDto)) { memberId }: AboutErasureDto,
    @CallerIdentity() identity: Identity,
  ): Promise<memberV1.GetErasureStatusResponse> {
    const found = await this.queries.execute(new GetErasureStatus(callerOf(identity), memberId));
    return {
      state: found.state,
      erasureId: found.erasureId ?? '',
      requestedAt: found.requestedAt ?? '',
      destroyedAt: found.destroyedAt ?? '',
      unrecoverableAt: found.unrecoverableAt ?? '',
      items: found.items.map(itemOf),
    };
  }
}

const itemOf = (item: ErasurePlanItem): memberV1.ErasureItem => ({
  ...item,
  basis: item.basis ?? '',
  until: item.until ?? '',
});

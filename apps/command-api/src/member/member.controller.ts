import { CommandBus } from '@nestjs/cqrs';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { DtoPipe, GrpcController, type memberV1 } from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { applyCorrection, registerMember, requestCorrection, verifyRealName } from './member.calls.js';
import {
  ApplyCorrectionDto,
  RegisterMemberDto,
  RequestCorrectionDto,
  VerifyRealNameDto,
} from './member.dto.js';

/** Commands about a member, one record a call. */
@GrpcController()
export class MemberController {
  constructor(private readonly commands: CommandBus) {}

  @GrpcMethod('MemberService', 'RegisterMember')
  registerMember(
    @Payload(new DtoPipe(RegisterMemberDto)) request: RegisterMemberDto,
    @CallerIdentity() identity: Identity,
  ): Promise<memberV1.RegisterMemberResponse> {
    return registerMember(this.commands, identity, request);
  }

  @GrpcMethod('MemberService', 'VerifyRealName')
  verifyRealName(
    @Payload(new DtoPipe(VerifyRealNameDto)) request: VerifyRealNameDto,
    @CallerIdentity() identity: Identity,
  ): Promise<memberV1.VerifyRealNameResponse> {
    return verifyRealName(this.commands, identity, request);
  }

  @GrpcMethod('MemberService', 'RequestCorrection')
  requestCorrection(
    @Payload(new DtoPipe(RequestCorrectionDto)) request: RequestCorrectionDto,
    @CallerIdentity() identity: Identity,
  ): Promise<memberV1.RequestCorrectionResponse> {
    return requestCorrection(this.commands, identity, request);
  }

  @GrpcMethod('MemberService', 'ApplyCorrection')
  applyCorrection(
    @Payload(new DtoPipe(ApplyCorrectionDto)) request: ApplyCorrectionDto,
    @CallerIdentity() identity: Identity,
  ): Promise<memberV1.ApplyCorrectionResponse> {
    return applyCorrection(this.commands, identity, request);
  }
}

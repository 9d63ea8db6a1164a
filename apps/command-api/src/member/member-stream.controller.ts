import { CommandBus } from '@nestjs/cqrs';
import { GrpcStreamMethod, Payload } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import {
  answerInOrder,
  DtoPipe,
  GrpcController,
  ServerCallOf,
  type DuplexCall,
  type memberV1,
} from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { answerRecord } from '../edge/answer-record.js';
import { registerMember, verifyRealName } from './member.calls.js';
import { RegisterMemberDto, VerifyRealNameDto } from './member.dto.js';

const registration = new DtoPipe(RegisterMemberDto);
const verification = new DtoPipe(VerifyRealNameDto);

/** The streaming forms: each record goes the way of a call of its own. */
@GrpcController()
export class MemberStreamController {
  constructor(private readonly commands: CommandBus) {}

  @GrpcStreamMethod('MemberService', 'RegisterMembers')
  registerMembers(
    @Payload() requests: Observable<memberV1.RegisterMembersRequest>,
    @CallerIdentity() identity: Identity,
    @ServerCallOf() call: DuplexCall,
  ): Observable<memberV1.RegisterMembersResponse> {
    return answerInOrder(requests, call, (message) =>
      answerRecord(call, message, 'registered', () =>
        registerMember(this.commands, identity, registration.transform(message.request ?? {})),
      ),
    );
  }

  @GrpcStreamMethod('MemberService', 'VerifyRealNames')
  verifyRealNames(
    @Payload() requests: Observable<memberV1.VerifyRealNamesRequest>,
    @CallerIdentity() identity: Identity,
    @ServerCallOf() call: DuplexCall,
  ): Observable<memberV1.VerifyRealNamesResponse> {
    return answerInOrder(requests, call, (message) =>
      answerRecord(call, message, 'verified', () =>
        verifyRealName(this.commands, identity, verification.transform(message.request ?? {})),
      ),
    );
  }
}

import { Inject } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import { POLICY_PACKS, REACTOR, type Reactor } from '@lacuna/application';
import {
  answerAsRead,
  DtoPipe,
  GrpcController,
  ServerCallOf,
  type adminV1,
  type WritingCall,
} from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import { decide, type PolicyPack } from '@lacuna/domain/policy';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { AdvanceClockDto } from './admin.dto.js';

/** What an operator does to a running server; who is one, the pack says. */
@GrpcController()
export class AdminController {
  constructor(
    @Inject(REACTOR) private readonly clock: Pick<Reactor, 'advance' | 'confirmJump'>,
    @Inject(POLICY_PACKS) private readonly packs: ReadonlyMap<string, PolicyPack>,
  ) {}

  @GrpcMethod('AdminService', 'AdvanceClock')
  advanceClock(
    @Payload(new DtoPipe(AdvanceClockDto)) { by }: AdvanceClockDto,
    @CallerIdentity() identity: Identity,
    @ServerCallOf() call: WritingCall,
  ): Observable<adminV1.AdvanceClockResponse> {
    this.assertOperator(identity);
    return answerAsRead(call, (gone) => this.clock.advance(identity, by, gone));
  }

  @GrpcMethod('AdminService', 'ConfirmClockJump')
  async confirmClockJump(@CallerIdentity() identity: Identity): Promise<adminV1.ConfirmClockJumpResponse> {
    this.assertOperator(identity);
    await this.clock.confirmJump(identity);
    return {};
  }

  private assertOperator({ tenant, role, roles }: Identity): void {
    const pack = this.packs.get(tenant);
    if (pack === undefined)
      throw new LacunaError('TENANT_UNKNOWN', 'no policy pack is loaded for this tenant');
    const decision = decide(pack, { role, rolesHeld: roles, action: 'operate', purpose: null, fields: [] });
    if (decision.kind === 'denied') throw new LacunaError('POLICY_DENIED', `denied: ${decision.reason}`);
  }
}

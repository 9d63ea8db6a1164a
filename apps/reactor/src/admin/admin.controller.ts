import { Inject } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { Observable } from 'rxjs';
import { POLICY_PACKS, REACTOR, type ClockStop, type Reactor } from '@lacuna/application';
import { DtoPipe, GrpcController, type adminV1 } from '@lacuna/contracts';
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
  ): Observable<adminV1.AdvanceClockResponse> {
    this.assertOperator(identity);
    return untilUnsubscribed((signal) => this.clock.advance(identity, by, signal));
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

/** An async iterable as Nest wants a stream; when the caller goes away, the work is told. */
const untilUnsubscribed = (work: (signal: AbortSignal) => AsyncIterable<ClockStop>): Observable<ClockStop> =>
  new Observable((subscriber) => {
    const abort = new AbortController();
    const run = async (): Promise<void> => {
      for await (const stop of work(abort.signal)) subscriber.next(stop);
      subscriber.complete();
    };
    run().catch((error: unknown) => subscriber.error(error));
    return () => abort.abort();
  });

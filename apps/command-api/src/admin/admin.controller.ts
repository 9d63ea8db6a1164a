import { Inject } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { Observable } from 'rxjs';
import { GrpcController, type adminV1 } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import { decide, type PolicyPack } from '@lacuna/domain/policy';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { DtoPipe } from '../edge/dto.pipe.js';
import { POLICY_PACKS } from '../command-api.ports.js';
import { AdvanceClockDto } from './admin.dto.js';
import { CLOCK_CONTROL, type ClockControl, type ClockStop } from './clock-control.port.js';

/** What an operator does to a running server; who is one, the pack says. */
@GrpcController()
export class AdminController {
  constructor(
    @Inject(CLOCK_CONTROL) private readonly clock: ClockControl,
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

import { Global, Module } from '@nestjs/common';
import { CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import {
  POLICY_PACKS,
  REACTOR,
  RegisterMember,
  type MemberRegisteredResult,
  type Reactor,
} from '@lacuna/application';
import { CommandApiModule } from '../../apps/command-api/src/index.js';
import { AdminController } from '../../apps/reactor/src/index.js';
import { LacunaError } from '@lacuna/domain/kernel';
import { packFrom, type PolicyPack } from '@lacuna/domain/policy';
import { readPackFile } from '@lacuna/runtime';

/** What the transport handed on, and what its stand-in for the application answers. */
export class RegisterScript {
  readonly received: RegisterMember[] = [];
  inFlight = 0;
  highestInFlight = 0;
  answer: (command: RegisterMember) => Promise<MemberRegisteredResult> = () =>
    Promise.resolve({ memberId: MEMBER, position: 7n });
}

export const MEMBER = '7b0f3c52-6f0e-4c1c-9a43-0a6d8b9f6b11';

export const carClub = async (): Promise<PolicyPack> =>
  packFrom(await readPackFile('infra/policy-packs/car-club.yaml'));

@CommandHandler(RegisterMember)
export class ScriptedRegister implements ICommandHandler<RegisterMember> {
  constructor(private readonly script: RegisterScript) {}

  async execute(command: RegisterMember): Promise<MemberRegisteredResult> {
    this.script.received.push(command);
    this.script.inFlight += 1;
    this.script.highestInFlight = Math.max(this.script.highestInFlight, this.script.inFlight);
    try {
      return await this.script.answer(command);
    } finally {
      this.script.inFlight -= 1;
    }
  }
}

/** Two stops, then done; `aborted` tells whether the caller's leaving was heard. */
export class ScriptedClock implements Pick<Reactor, 'advance' | 'confirmJump'> {
  aborted = false;

  async *advance(_order: unknown, by: string, signal: AbortSignal) {
    if (by === 'P1D') throw new LacunaError('CLOCK_IS_REAL', 'this store runs on the real clock');
    signal.addEventListener('abort', () => (this.aborted = true));
    await Promise.resolve();
    yield { now: '1998-07-01T15:00:00.000Z', stop: 'nightly-run' as const, fired: 2, done: false };
    yield { now: '1998-07-02T17:00:00.000Z', stop: 'target' as const, fired: 0, done: true };
  }

  confirmJump(): Promise<void> {
    return Promise.resolve();
  }
}

/** The command side with a scripted application behind its bus. */
export const commandModules = (script: RegisterScript, pack: PolicyPack, clock = new ScriptedClock()) => {
  @Global()
  @Module({
    providers: [
      ScriptedRegister,
      { provide: RegisterScript, useValue: script },
      { provide: POLICY_PACKS, useValue: new Map([['car-club', pack]]) },
      { provide: REACTOR, useValue: clock },
    ],
    controllers: [AdminController],
    exports: [POLICY_PACKS, REACTOR],
  })
  class Doubles {}
  return [CqrsModule.forRoot(), Doubles, CommandApiModule];
};

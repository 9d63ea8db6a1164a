import { Global, Module, type Type } from '@nestjs/common';
import { CommandHandler, CqrsModule, QueryHandler } from '@nestjs/cqrs';
import {
  AnnounceActivity,
  BeginBehaviourImport,
  CorrectBehaviour,
  EndActivity,
  EndBehaviourImport,
  ImportBehaviourChunk,
  ListOpenImports,
  POLICY_PACKS,
  REACTOR,
  RecordBehaviours,
  SignUp,
  type BehaviourAnswer,
  type BehaviourImport,
  type BehaviourRecord,
} from '@lacuna/application';
import type { PolicyPack } from '@lacuna/domain/policy';
import { CommandApiModule } from '../../apps/command-api/src/index.js';
import { AdminController } from '../../apps/reactor/src/index.js';
import { ScriptedClock } from './command-doubles.js';

export const HANDLE = '1998-06-30.7b0f3c52-6f0e-4c1c-9a43-0a6d8b9f6b11';
export const ACTIVITY = '5f7f3c52-6f0e-4c1c-9a43-0a6d8b9f6b22';
export const PARTICIPANT = '6a7f3c52-6f0e-4c1c-9a43-0a6d8b9f6b33';

export const PROGRESS: BehaviourImport = {
  importId: 'c0ffee00-6f0e-4c1c-9a43-0a6d8b9f6b44',
  seed: 'ab'.repeat(32),
  nextChunk: 3,
  chunkRows: 500,
  live: 1_000,
  countedOnly: 499,
  rejected: 1,
  rejects: [{ line: 17, field: 'amount', rule: 'amount' }],
};

/** What the transport handed on, by the name of the command, and what stands in for the application. */
export class BehaviourScript {
  readonly received: object[] = [];
  refuse: Error | null = null;
  record: (record: BehaviourRecord) => BehaviourAnswer = () => ({
    kind: 'recorded',
    behaviourId: HANDLE,
    day: '1998-06-30',
  });
  /** What a batch waits for. */
  gate: () => Promise<void> = () => Promise.resolve();

  async take<Answer>(command: object, answer: Answer): Promise<Answer> {
    this.received.push(command);
    await this.gate();
    if (this.refuse !== null) throw this.refuse;
    return answer;
  }

  of<Command extends object>(type: Type<Command>): readonly Command[] {
    return this.received.filter((one): one is Command => one instanceof type);
  }
}

type Answering = Readonly<{ execute(command: object): Promise<unknown> }>;

const handlerOf = (
  decorate: ClassDecorator,
  script: BehaviourScript,
  answer: (command: never) => unknown,
): Type<Answering> => {
  class Scripted implements Answering {
    execute(command: object): Promise<unknown> {
      return script.take(command, answer(command as never));
    }
  }
  decorate(Scripted);
  return Scripted;
};

const handlersOf = (script: BehaviourScript): Type<Answering>[] => {
  const activity = { activityId: ACTIVITY, position: 9_007_199_254_740_993n };
  return [
    handlerOf(CommandHandler(RecordBehaviours), script, ({ records }: RecordBehaviours) =>
      records.map((record) => script.record(record)),
    ),
    handlerOf(CommandHandler(CorrectBehaviour), script, () => undefined),
    handlerOf(CommandHandler(BeginBehaviourImport), script, () => PROGRESS),
    handlerOf(CommandHandler(ImportBehaviourChunk), script, () => ({ ...PROGRESS, nextChunk: 4 })),
    handlerOf(CommandHandler(EndBehaviourImport), script, () => undefined),
    handlerOf(QueryHandler(ListOpenImports), script, () => [
      { importId: PROGRESS.importId, kind: 'purchase', rows: 69_659, rowsIn: 1_500, begunAt: '1998-07-01' },
    ]),
    handlerOf(CommandHandler(AnnounceActivity), script, () => activity),
    handlerOf(CommandHandler(SignUp), script, () => ({ participantId: PARTICIPANT })),
    handlerOf(CommandHandler(EndActivity), script, () => ({
      endedAt: '1998-07-02T01:00:00.000Z',
      position: activity.position,
    })),
  ];
};

/** The command side with a scripted application behind its buses. */
export const behaviourModules = (script: BehaviourScript, pack: PolicyPack) => {
  @Global()
  @Module({
    providers: [
      ...handlersOf(script),
      { provide: POLICY_PACKS, useValue: new Map([['car-club', pack]]) },
      { provide: REACTOR, useValue: new ScriptedClock() },
    ],
    controllers: [AdminController],
    exports: [POLICY_PACKS, REACTOR],
  })
  class Doubles {}
  return [CqrsModule.forRoot(), Doubles, CommandApiModule];
};

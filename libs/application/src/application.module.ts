import { Inject, Module, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CUSTODY, type Custody } from '@lacuna/custody';
import type { PolicyPack } from '@lacuna/domain/policy';
import { EVENT_STORE, type EventStore } from '@lacuna/event-store';
import type { Clock } from '@lacuna/runtime';
import { CorrectBehaviourHandler, RecordBehavioursHandler } from './behaviour/behaviour.handler.js';
import { recordingProvider } from './behaviour/recording.js';
import { AnnounceActivityHandler, EndActivityHandler, SignUpHandler } from './activity/activity.handler.js';
import { ClaimConfirmations } from './claims/claim-confirmations.js';
import {
  GetErasureStatusHandler,
  PreviewErasureHandler,
  RequestErasureHandler,
} from './erasure/erasure.handler.js';
import { VerifyRealNameHandler } from './identity/identity.handler.js';
import {
  BeginBehaviourImportHandler,
  EndBehaviourImportHandler,
  ImportBehaviourChunkHandler,
  ListOpenImportsHandler,
} from './imports/behaviour-imports.handler.js';
import { CompleteImportHandler, ListCompletedImportsHandler } from './imports/imports.handler.js';
import {
  ApplyCorrectionHandler,
  RegisterMemberHandler,
  RequestCorrectionHandler,
} from './member/member.handler.js';
import type { Ports } from './ports.js';
import { createReadRecorder } from './reading/read-recorder.js';
import { CLOCK, POLICY_PACKS, PORTS, READ_RECORDER } from './tokens.js';

const handlers: readonly Provider[] = [
  AnnounceActivityHandler,
  BeginBehaviourImportHandler,
  CorrectBehaviourHandler,
  EndBehaviourImportHandler,
  ImportBehaviourChunkHandler,
  ListOpenImportsHandler,
  RecordBehavioursHandler,
  ApplyCorrectionHandler,
  CompleteImportHandler,
  EndActivityHandler,
  GetErasureStatusHandler,
  ListCompletedImportsHandler,
  PreviewErasureHandler,
  RegisterMemberHandler,
  RequestCorrectionHandler,
  RequestErasureHandler,
  SignUpHandler,
  VerifyRealNameHandler,
];

/** Puts the ports of the commands together. */
export const makePorts = (parts: Omit<Ports, 'confirmations'>): Ports => ({
  ...parts,
  confirmations: new ClaimConfirmations(parts.custody),
});

/**
 * The handlers on Nest's CommandBus and QueryBus, and what they share. Needs in scope, from global modules:
 * `EVENT_STORE`, `CUSTODY`, `CLOCK` and `POLICY_PACKS`.
 */
@Module({
  imports: [CqrsModule.forRoot()],
  providers: [
    ...handlers,
    {
      provide: PORTS,
      inject: [EVENT_STORE, CUSTODY, CLOCK, POLICY_PACKS],
      useFactory: (
        store: EventStore,
        custody: Custody,
        clock: Clock,
        packs: ReadonlyMap<string, PolicyPack>,
      ): Ports => makePorts({ store, custody, clock, packs }),
    },
    recordingProvider,
    { provide: READ_RECORDER, inject: [PORTS], useFactory: createReadRecorder },
  ],
  exports: [CqrsModule, PORTS, READ_RECORDER],
})
export class ApplicationModule implements OnApplicationShutdown {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  /** Claims that wait for their confirmation get it; a lost one would only be settled later. */
  async onApplicationShutdown(): Promise<void> {
    await this.ports.confirmations.flush();
  }
}

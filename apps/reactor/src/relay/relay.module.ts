import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Client, Pool } from 'pg';
import { EVENT_STORE, type EventStore } from '@lacuna/event-store';
import type { OpenPublisher } from './integration-publisher.port.js';
import { Relay, type PublishedBatch } from './relay.js';

const RELAY = Symbol('lacuna.relay');

export type RelayWiring = Readonly<{
  /** For its checkpoint; its schema is `reactorSchema`. */
  pool: Pool;
  /** A session of its own for the lease. */
  connect: () => Promise<Client>;
  openPublisher: OpenPublisher;
  /** Who this process is to the others. */
  holder?: string;
  onTrouble?: (code: string, what: string) => void;
  onPublished?: (batch: PublishedBatch) => void;
}>;

/** The relay in a process: runs from its start until its shutdown. Needs `EVENT_STORE` in scope, from a global module. */
@Module({})
export class RelayModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(RELAY) private readonly relay: Relay) {}

  static forRoot(wiring: RelayWiring): DynamicModule {
    return {
      module: RelayModule,
      providers: [
        {
          provide: RELAY,
          inject: [EVENT_STORE],
          useFactory: (store: EventStore): Relay => new Relay({ ...wiring, store }),
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.relay.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.relay.stop();
  }
}

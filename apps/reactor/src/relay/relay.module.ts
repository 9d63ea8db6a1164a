import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { EVENT_STORE, type EventStore } from '@lacuna/event-store';
import { Relay, type RelayParts } from './relay.js';

const RUNNING_RELAY = Symbol('lacuna.relay');

/** `pool`: its schema is `reactorSchema`. */
export type RelayWiring = Omit<RelayParts, 'store'>;

/** The relay in a process: runs from its start until its shutdown. Needs `EVENT_STORE` in scope, from a global module. */
@Module({})
export class RelayModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(RUNNING_RELAY) private readonly relay: Relay) {}

  static forRoot(wiring: RelayWiring): DynamicModule {
    return {
      module: RelayModule,
      providers: [
        {
          provide: RUNNING_RELAY,
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

import {
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { ClosableEventStore } from './event-store.port.js';

/** The injection token of the process's one `EventStore`. */
export const EVENT_STORE = Symbol('EventStore');

export type EventStoreModuleOptions = Readonly<{
  /** Opens the engine that this process runs on. */
  useFactory: FactoryProvider<ClosableEventStore>['useFactory'];
  inject?: NonNullable<FactoryProvider['inject']>;
  imports?: NonNullable<DynamicModule['imports']>;
}>;

/** Wires one engine into an app; it is closed with the app. Which engine is the composition root's choice. */
@Module({})
export class EventStoreModule implements OnApplicationShutdown {
  constructor(@Inject(EVENT_STORE) private readonly store: ClosableEventStore) {}

  static registerAsync({ useFactory, inject = [], imports = [] }: EventStoreModuleOptions): DynamicModule {
    return {
      module: EventStoreModule,
      global: true,
      imports,
      providers: [{ provide: EVENT_STORE, useFactory, inject }],
      exports: [EVENT_STORE],
    };
  }

  onApplicationShutdown(): Promise<void> {
    return this.store.close();
  }
}

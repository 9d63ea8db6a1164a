import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { ApplicationModule, CLOCK, POLICY_PACKS } from '@lacuna/application';
import { CUSTODY } from '@lacuna/custody';
import { EVENT_STORE, type EventStore } from '@lacuna/event-store';
import { ProjectionsModule } from '@lacuna/projections';
import { HealthController } from './http/health.controller.js';
import { HEALTH, HOST } from './host.tokens.js';
import type { HostParts } from './host-parts.js';

/** What the host has opened, for every app to inject, and health over HTTP. It is closed by the process, after the apps. */
@Module({ controllers: [HealthController] })
export class HostModule {
  static of(parts: HostParts): DynamicModule {
    const { clock, custody, health, packs, store } = parts;
    const providers = [
      { provide: HOST, useValue: parts },
      { provide: HEALTH, useValue: health },
      { provide: CLOCK, useValue: clock },
      { provide: EVENT_STORE, useValue: store },
      { provide: POLICY_PACKS, useValue: packs },
      ...(custody === null ? [] : [{ provide: CUSTODY, useValue: custody }]),
    ];
    return { module: HostModule, global: true, providers, exports: providers };
  }
}

@Global()
@Module({ imports: [ApplicationModule], exports: [ApplicationModule] })
class SharedApplicationModule {}

/** The commands' handlers and ports, seen by every app of a process. */
export const applicationModule: Type = SharedApplicationModule;

/** The views to be read (`VIEW_QUERIES`); another process keeps them up to the log. */
export const viewsModule = ({ database }: Pick<HostParts, 'database'>): DynamicModule => ({
  ...ProjectionsModule.forRootAsync({
    inject: [EVENT_STORE],
    useFactory: (store: EventStore) => ({ databaseUrl: database.runtimeUrl, store, run: false }),
  }),
  global: true,
});

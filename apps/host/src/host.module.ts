import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { ApplicationModule, CLOCK, POLICY_PACKS } from '@lacuna/application';
import { CUSTODY } from '@lacuna/custody';
import { EVENT_STORE, type EventStore } from '@lacuna/event-store';
import { ProjectionsModule } from '@lacuna/projections';
import { HealthController } from './http/health.controller.js';
import { HEALTH, HOST, METRICS_OF_PROCESS } from './host.tokens.js';
import type { HostParts } from './host-parts.js';
import { MetricsController } from './telemetry/metrics.controller.js';

/** What the host has opened, for every app to inject, and health over HTTP. It is closed by the process, after the apps. */
@Module({ controllers: [HealthController, MetricsController] })
export class HostModule {
  static of(parts: HostParts): DynamicModule {
    const { clock, custody, health, metrics, packs, store } = parts;
    const providers = [
      { provide: HOST, useValue: parts },
      { provide: HEALTH, useValue: health },
      { provide: METRICS_OF_PROCESS, useValue: metrics },
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

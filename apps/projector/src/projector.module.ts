import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { EVENT_STORE, type EventStore } from '@lacuna/event-store';
import {
  PROJECTION_RUNNER,
  ProjectionsModule,
  VIEW_QUERIES,
  viewsHealth,
  type ProjectionRunner,
  type ViewQueries,
} from '@lacuna/projections';
import type { HealthRegistry } from '@lacuna/runtime';

export type ProjectorWiring = Readonly<{
  /** As the runtime role. */
  databaseUrl: string;
  /** Gets a stable code, never a value. */
  onTrouble?: (code: string) => void;
  /** Learns of views that stand still while events arrive. */
  health?: HealthRegistry;
}>;

const WATCH = Symbol('lacuna.views-watch');

const watching = (health: HealthRegistry): FactoryProvider => ({
  provide: WATCH,
  inject: [PROJECTION_RUNNER, VIEW_QUERIES, EVENT_STORE],
  useFactory: (runner: ProjectionRunner, queries: ViewQueries, store: EventStore) => {
    const viewStatus = () => queries.viewStatus();
    health.register('views', viewsHealth({ runner, viewStatus, store }));
    return true;
  },
});

/**
 * Keeps the views up to the log, and lets the process's other apps read them (`VIEW_QUERIES`, `PROJECTION_RUNNER`).
 * Needs `EVENT_STORE` in scope, from a global module. It replays: nothing that acts on the world, and no key, is
 * within its reach.
 */
@Module({})
export class ProjectorModule {
  static forRoot({ databaseUrl, onTrouble, health }: ProjectorWiring): DynamicModule {
    const views = ProjectionsModule.forRootAsync({
      inject: [EVENT_STORE],
      useFactory: (store: EventStore) => ({
        databaseUrl,
        store,
        run: true,
        ...(onTrouble ? { onTrouble } : {}),
      }),
    });
    return {
      module: ProjectorModule,
      imports: [{ ...views, global: true }],
      providers: health === undefined ? [] : [watching(health)],
    };
  }
}

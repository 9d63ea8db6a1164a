import { Module, type DynamicModule } from '@nestjs/common';
import { EVENT_STORE, type EventStore } from '@lacuna/event-store';
import { ProjectionsModule } from '@lacuna/projections';

export type ProjectorWiring = Readonly<{
  /** As the runtime role. */
  databaseUrl: string;
  /** Gets a stable code, never a value. */
  onTrouble?: (code: string) => void;
}>;

/**
 * Keeps the views up to the log, and lets the process's other apps read them (`VIEW_QUERIES`, `PROJECTION_RUNNER`).
 * Needs `EVENT_STORE` in scope, from a global module. It replays: nothing that acts on the world, and no key, is
 * within its reach.
 */
@Module({})
export class ProjectorModule {
  static forRoot({ databaseUrl, onTrouble }: ProjectorWiring): DynamicModule {
    const views = ProjectionsModule.forRootAsync({
      inject: [EVENT_STORE],
      useFactory: (store: EventStore) => ({
        databaseUrl,
        store,
        run: true,
        ...(onTrouble ? { onTrouble } : {}),
      }),
    });
    return { module: ProjectorModule, imports: [{ ...views, global: true }] };
  }
}

import {
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { EventStore } from '@lacuna/event-store';
import { openViewQueries, type ViewQueries } from './queries/view-queries.store.js';
import { createProjectionRunner, type ProjectionRunner } from './runner/projection-runner.js';

/** What readers of the views ask for by injection. */
export const VIEW_QUERIES = Symbol('ViewQueries');
/** What keeps the live views up to the log. */
export const PROJECTION_RUNNER = Symbol('ProjectionRunner');
const WIRING = Symbol('ProjectionsWiring');

export type ProjectionsWiring = Readonly<{
  databaseUrl: string;
  store: EventStore;
  /** Keeps the live views as well; without it they are only read. */
  run?: boolean;
  onTrouble?: (code: string) => void;
}>;

const queries: FactoryProvider<ViewQueries> = {
  provide: VIEW_QUERIES,
  inject: [WIRING],
  useFactory: ({ databaseUrl, store }: ProjectionsWiring) => openViewQueries(databaseUrl, store),
};

const runner: FactoryProvider<ProjectionRunner> = {
  provide: PROJECTION_RUNNER,
  inject: [WIRING],
  useFactory: ({ databaseUrl, store, onTrouble }: ProjectionsWiring) =>
    createProjectionRunner({ databaseUrl, store, ...(onTrouble ? { onTrouble } : {}) }),
};

/** The views in a Nest application: opened at start, stopped and closed at shutdown. */
@Module({})
export class ProjectionsModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(WIRING) private readonly wiring: ProjectionsWiring,
    @Inject(VIEW_QUERIES) private readonly queries: ViewQueries,
    @Inject(PROJECTION_RUNNER) private readonly runner: ProjectionRunner,
  ) {}

  static forRoot(wiring: ProjectionsWiring): DynamicModule {
    return ProjectionsModule.forRootAsync({ useFactory: () => wiring });
  }

  static forRootAsync(
    wiring: Pick<FactoryProvider<ProjectionsWiring>, 'inject' | 'useFactory'> &
      Pick<DynamicModule, 'imports'>,
  ): DynamicModule {
    const { imports = [], inject = [], useFactory } = wiring;
    return {
      module: ProjectionsModule,
      imports,
      providers: [{ provide: WIRING, inject, useFactory }, queries, runner],
      exports: [VIEW_QUERIES, PROJECTION_RUNNER],
    };
  }

  onApplicationBootstrap(): void {
    if (this.wiring.run) this.runner.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.runner.stop();
    await this.queries.close();
  }
}

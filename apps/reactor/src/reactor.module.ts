import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Pool } from 'pg';
import {
  ApplicationModule,
  CLOCK,
  createReactor,
  createWorkStore,
  PORTS,
  REACTOR,
  type Ports,
  type Reactor,
} from '@lacuna/application';
import { VIEW_QUERIES, type ViewQueries } from '@lacuna/projections';
import type { StoreClock } from '@lacuna/runtime';
import { deadlineView } from './deadline-view.js';
import { ReactorLoop } from './reactor-loop.js';

const LOOP = Symbol('lacuna.reactor-loop');

export type ReactorWiring = Readonly<{
  /** For what the reactor remembers; its schema is `reactorSchema`. */
  pool: Pool;
  /** False: it acts only when it is told (`REACTOR`). */
  run?: boolean;
  onTrouble?: (code: string, what: string) => void;
}>;

/**
 * What happens by itself, in a process. Needs in scope, from global modules: what `ApplicationModule` needs, with a
 * `StoreClock` for `CLOCK`, and `VIEW_QUERIES`. Gives `REACTOR` to whoever walks the clock or asks how it is.
 */
@Module({})
export class ReactorModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(LOOP) private readonly loop: ReactorLoop | null) {}

  static forRoot({ pool, run = true, onTrouble }: ReactorWiring): DynamicModule {
    return {
      module: ReactorModule,
      global: true,
      imports: [ApplicationModule],
      providers: [
        {
          provide: REACTOR,
          inject: [PORTS, CLOCK, VIEW_QUERIES],
          useFactory: (ports: Ports, clock: StoreClock, queries: ViewQueries): Reactor =>
            createReactor({ ports, clock, work: createWorkStore(pool), deadlines: deadlineView(queries) }),
        },
        {
          provide: LOOP,
          inject: [REACTOR, PORTS],
          useFactory: (reactor: Reactor, ports: Ports): ReactorLoop | null =>
            run ? new ReactorLoop({ reactor, ports, ...(onTrouble ? { onTrouble } : {}) }) : null,
        },
      ],
      exports: [REACTOR],
    };
  }

  onApplicationBootstrap(): void {
    this.loop?.start();
  }

  /** Before the views stop: what is being settled waits for them. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.loop?.stop();
  }
}

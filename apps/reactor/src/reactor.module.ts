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
  soleTurn,
  type Ports,
  type Reactor,
  type ReactorParts,
  type Turn,
  type WorkStore,
} from '@lacuna/application';
import { VIEW_QUERIES, type ViewQueries } from '@lacuna/projections';
import type { HealthRegistry, Metrics, StoreClock } from '@lacuna/runtime';
import { deadlineView } from './deadline-view.js';
import { LeasedReactor } from './leased-reactor.js';
import { REACTOR_LEASE, ReactorTurn } from './reactor-turn.js';

const LEASED = Symbol('lacuna.leased-reactor');
const TURN = Symbol('lacuna.reactor-turn');
const HAND = Symbol('lacuna.reactor-hand');

/** How it takes turns with the reactors of other processes. */
export type ReactorLease = Readonly<{
  /** As the runtime role. */
  databaseUrl: string;
  /** Who this process is to the others. */
  holder: string;
  /** Learns of a reactor that stands still while events arrive. */
  health?: HealthRegistry;
  ttlMs?: number;
}>;

export type ReactorWiring = Readonly<{
  /** For what the reactor remembers; its schema is `reactorSchema`. */
  pool: Pool;
  /** Without it, it acts only when it is told (`REACTOR`), and must be the only one. */
  lease?: ReactorLease;
  onTrouble?: (code: string, what: string) => void;
  /** Counts what happens by itself. */
  metrics?: Metrics;
}>;

const counted = ({ metrics }: ReactorWiring): Pick<ReactorParts, 'onSettled'> => {
  if (metrics === undefined) return {};
  return {
    onSettled: ({ fired, failures }) => {
      for (const { kind } of fired) metrics.count('lacuna_reactions_total', 1, { kind });
      for (const { kind, code } of failures)
        metrics.count('lacuna_reaction_failures_total', 1, { kind, code });
    },
  };
};

/** Whose turn it is, and what is remembered under it. */
type Hand = Pick<ReactorParts, 'turn'> & Readonly<{ work: WorkStore }>;
const handOf = (pool: Pool, turn: Turn): Hand => ({ turn, work: createWorkStore(pool, turn) });

const turnOf = ({ lease, onTrouble }: ReactorWiring): ReactorTurn | null =>
  lease === undefined ? null : new ReactorTurn({ ...lease, ...(onTrouble && { onTrouble }) });

type Parts = Readonly<{ reactor: Reactor; ports: Ports; turn: ReactorTurn | null; work: WorkStore }>;

const leasedOf = (
  { pool, lease, onTrouble }: ReactorWiring,
  { reactor, ports, turn, work }: Parts,
): LeasedReactor | null => {
  if (lease === undefined || turn === null) return null;
  const { holder, health } = lease;
  const leased = new LeasedReactor({
    reactor,
    turn,
    ports,
    work,
    pool,
    holder,
    ...(onTrouble && { onTrouble }),
  });
  health?.register(REACTOR_LEASE, leased.health);
  return leased;
};

/**
 * What happens by itself, in a process. Needs in scope, from global modules: what `ApplicationModule` needs, with a
 * `StoreClock` for `CLOCK`, and `VIEW_QUERIES`. Gives `REACTOR` to whoever walks the clock or asks how it is.
 */
@Module({})
export class ReactorModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(LEASED) private readonly leased: LeasedReactor | null) {}

  static forRoot(wiring: ReactorWiring): DynamicModule {
    const { pool } = wiring;
    return {
      module: ReactorModule,
      global: true,
      imports: [ApplicationModule],
      providers: [
        { provide: TURN, useFactory: () => turnOf(wiring) },
        {
          provide: HAND,
          inject: [TURN],
          useFactory: (turn: ReactorTurn | null) => handOf(pool, turn ?? soleTurn),
        },
        {
          provide: REACTOR,
          inject: [PORTS, CLOCK, VIEW_QUERIES, HAND],
          useFactory: (ports: Ports, clock: StoreClock, queries: ViewQueries, hand: Hand) =>
            createReactor({ ports, clock, ...hand, deadlines: deadlineView(queries), ...counted(wiring) }),
        },
        {
          provide: LEASED,
          inject: [REACTOR, PORTS, TURN, HAND],
          useFactory: (reactor: Reactor, ports: Ports, turn: ReactorTurn | null, { work }: Hand) =>
            leasedOf(wiring, { reactor, ports, turn, work }),
        },
      ],
      exports: [REACTOR],
    };
  }

  onApplicationBootstrap(): void {
    this.leased?.start();
  }

  /** Before the views stop: what is being settled waits for them. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.leased?.stop();
  }
}

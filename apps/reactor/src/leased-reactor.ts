import type { Ports, Reactor, WorkStore } from '@lacuna/application';
import {
  reportProcessor,
  standstillCheck,
  type HealthCheck,
  type HeldLease,
  type ProcessorState,
} from '@lacuna/runtime';
import type { Pool } from 'pg';
import { ReactorLoop } from './reactor-loop.js';
import { REACTOR_LEASE, type ReactorTurn } from './reactor-turn.js';

export type LeasedReactorOptions = Readonly<{
  reactor: Reactor;
  turn: ReactorTurn;
  ports: Ports;
  work: Pick<WorkStore, 'position'>;
  pool: Pool;
  /** Who this process is to the others. */
  holder: string;
  onTrouble?: (code: string, what: string) => void;
}>;

const SIGN_OF_LIFE_MS = 5_000;
const MOST_FAILURES = 50;

/** What was said last under one lease, and that it is being said. */
type Said = { last: string; saying: Promise<void> };

/** The loop while it is this process's turn; in every other process it stands by. */
export class LeasedReactor {
  #stopping = new AbortController();
  #running: Promise<void> | null = null;

  /** Whether it moves on while events arrive; a standby serves. */
  readonly health: HealthCheck;

  constructor(private readonly options: LeasedReactorOptions) {
    const { turn, work, ports, reactor } = options;
    this.health = standstillCheck({
      position: () => (turn.held === null ? Promise.resolve(null) : work.position()),
      head: () => ports.store.head(),
      works: () => reactor.tried,
    });
  }

  start(): void {
    this.#running ??= this.options.turn.run(this.#stopping.signal, (held) => this.#act(held));
  }

  /** Ends after the settling under way, and gives the turn to the next one. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #act(held: HeldLease): Promise<void> {
    const { reactor, ports, onTrouble } = this.options;
    const said: Said = { last: '', saying: Promise.resolve() };
    const state = (): ProcessorState => (reactor.paused ? 'paused' : 'running');
    const onSettled = (): void => {
      if (said.last !== this.#howItIs(state())) void this.#report(held, said, state());
    };
    const loop = new ReactorLoop({ reactor, ports, onSettled, ...(onTrouble && { onTrouble }) });
    void this.#report(held, said, state());
    const timer = setInterval(() => void this.#report(held, said, state()), SIGN_OF_LIFE_MS);
    try {
      await loop.run(held.signal);
    } finally {
      clearInterval(timer);
      await this.#report(held, said, 'stopped');
    }
  }

  /** What is worth a report of its own; how far it has come is told with the signs of life. */
  #howItIs(state: ProcessorState): string {
    return JSON.stringify([state, this.#failures()]);
  }

  #failures(): Reactor['failures'] {
    return this.options.reactor.failures.slice(0, MOST_FAILURES);
  }

  /**
   * For whoever asks how it is; what cannot be said now is said the next time. One report after the other: none that is
   * late stands over a later one.
   */
  #report(held: HeldLease, said: Said, state: ProcessorState): Promise<void> {
    said.last = this.#howItIs(state);
    said.saying = said.saying.then(() => this.#say(held, state));
    return said.saying;
  }

  async #say({ epoch }: HeldLease, state: ProcessorState): Promise<void> {
    const { pool, holder, work } = this.options;
    try {
      const position = await work.position();
      const failures = this.#failures();
      await reportProcessor(pool, { name: REACTOR_LEASE, holder, epoch, position, state, failures });
    } catch {
      // The database is away: the lease will say so.
    }
  }
}

import type { Turn } from '@lacuna/application';
import { LacunaError } from '@lacuna/domain/kernel';
import { LEASE_MS, LeaseError, leaseSessions, underLease, type HeldLease } from '@lacuna/runtime';
import type { ClientBase } from 'pg';

/** The name of the lease: of all reactors on one store the one that holds it acts. */
export const REACTOR_LEASE = 'reactor';

export type ReactorTurnOptions = Readonly<{
  databaseUrl: string;
  /** How long the others wait for one that neither acts nor ends. */
  ttlMs?: number;
  onTrouble?: (code: string, what: string) => void;
}>;

const TAKEOVER_MS = 15_000;

/** The turn of one process among several: held under the lease, taken over by the next when this one ends or stands still. */
export class ReactorTurn implements Turn {
  #held: HeldLease | null = null;
  #orders = 0;
  readonly #waiting = new Set<() => void>();

  constructor(private readonly options: ReactorTurnOptions) {}

  get held(): HeldLease | null {
    return this.#held;
  }

  check(): void {
    if (this.#held === null) throw new LeaseError('another reactor acts');
    this.#held.check();
  }

  guard(client: ClientBase): Promise<void> {
    return this.#held === null
      ? Promise.reject(new LeaseError('another reactor acts'))
      : this.#held.guard(client);
  }

  /** Takes the lease from whoever holds it: an operator's order is carried out here, and fenced like anything else. */
  async take(signal: AbortSignal): Promise<void> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(TAKEOVER_MS)]);
    this.#orders += 1;
    try {
      while (!this.#acts && !until.aborted) await this.#next(until);
    } finally {
      this.#orders -= 1;
    }
    if (!this.#acts) throw new LacunaError('REACTOR_ELSEWHERE', 'the reactor that acts does not let go');
  }

  /** Acts whenever it is this process's turn, until the signal aborts. */
  async run(signal: AbortSignal, act: (held: HeldLease) => Promise<void>): Promise<void> {
    const { databaseUrl, ttlMs = LEASE_MS, onTrouble = () => undefined } = this.options;
    await underLease({
      connect: leaseSessions(databaseUrl, ttlMs),
      names: [REACTOR_LEASE],
      ttlMs,
      signal,
      seize: () => this.#orders > 0,
      onTrouble: (code) => onTrouble(code, 'lease'),
      run: async (held) => {
        this.#held = held;
        for (const wake of this.#waiting) wake();
        try {
          await act(held);
        } finally {
          this.#held = null;
        }
      },
    });
  }

  /** What it held until its session was cut is no turn, however long its last work takes to end. */
  get #acts(): boolean {
    return this.#held?.signal.aborted === false;
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

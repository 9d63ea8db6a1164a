import type { Custody } from '@lacuna/custody';

const BATCH = 500;
const DELAY_MS = 25;

/**
 * Confirms claims a little later and many at once, off the way of a command. Nothing rests on it: a claim whose
 * confirmation is lost stays open and is settled from the log when it is contested, or by the reactor's sweep.
 */
export class ClaimConfirmations {
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly custody: Pick<Custody, 'confirmClaims'>) {}

  add(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.#waiting.push(...ids);
    if (this.#waiting.length >= BATCH) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), DELAY_MS).unref();
  }

  /** Confirms all that wait; called at shutdown as well. Never rejects: see above. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const ids = this.#waiting;
    this.#waiting = [];
    if (ids.length > 0)
      this.#running = this.#running.then(() => this.custody.confirmClaims(ids)).catch(() => undefined);
    return this.#running;
  }
}

import { LacunaError } from '@lacuna/domain/kernel';
import type { ScopedKeys } from '@lacuna/custody';
import type { AppendResult, EventStore } from '@lacuna/event-store';
import { behaviourStream } from './stored-behaviour.js';

const MOST_REMEMBERED = 50_000;
/** Each conflict means that somebody else's record got in: more of them at once than this is not one person's day. */
const MOST_CONFLICTS = 16;

/** The first ordinal from `from` on that `stands` denies. All below the first free one stand: leaps, then halves. */
export const firstFree = async (
  stands: (ordinal: number) => Promise<boolean>,
  from: number,
): Promise<number> => {
  let low = from;
  let step = 1;
  while (await stands(low + step - 1)) {
    low += step;
    step *= 2;
  }
  let high = low + step - 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await stands(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/**
 * Where the next record of a person's day goes. Each is a stream of one event, so that no stream of two events tells
 * of somebody who did two things that day; «append none at n» is the lock that a revision is elsewhere.
 *
 * The n-th is tried only when the one before it stands in the log: then there are no gaps, and a reader who finds
 * nothing at n has seen the whole day. So one at a time per day of a person; what is remembered is only a hint.
 */
export class Ordinals {
  readonly #next = new Map<string, number>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: EventStore,
    private readonly most = MOST_REMEMBERED,
  ) {}

  /** Appends by `attempt` at the first free ordinal; what it throws is thrown. */
  append(
    tenant: string,
    keys: ScopedKeys,
    attempt: (stream: string) => Promise<AppendResult>,
  ): Promise<Exclude<AppendResult, { kind: 'conflict' }> & Readonly<{ ordinal: number }>> {
    const first = behaviourStream(tenant, keys, 0);
    const streamAt = (ordinal: number): string =>
      ordinal === 0 ? first : behaviourStream(tenant, keys, ordinal);
    return this.#inTurn(first, async () => {
      let ordinal = this.#next.get(first) ?? 0;
      for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts += 1) {
        const result = await attempt(ordinal === 0 ? first : streamAt(ordinal));
        if (result.kind !== 'conflict') {
          this.#remember(first, ordinal + 1);
          return { ...result, ordinal };
        }
        ordinal = await firstFree((at) => this.#stands(streamAt(at)), ordinal + 1);
      }
      throw new LacunaError('REVISION_CONFLICT', 'others were quicker each time: try again');
    });
  }

  async #stands(stream: string): Promise<boolean> {
    return (await this.store.readStream(stream, { limit: 1 })).last !== null;
  }

  async #inTurn<Result>(first: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(first) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(first, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(first) === turn) this.#turns.delete(first);
    }
  }

  // A map remembers the order of insertion: the one that was longest not used goes first.
  #remember(first: string, next: number): void {
    this.#next.delete(first);
    this.#next.set(first, next);
    if (this.#next.size <= this.most) return;
    const [oldest = ''] = this.#next.keys();
    this.#next.delete(oldest);
  }
}

import {
  integrationEventOf,
  isOfClosedDay,
  type IntegrationContext,
  type IntegrationEvent,
  type RecordedForm,
} from '@lacuna/domain/integration';
import type { LocalDate } from '@lacuna/domain/kernel';
import type { FeedBatch, LogFeed } from './log-feed.js';

export type Following = Readonly<{
  tenant: string;
  contexts: ReadonlySet<IntegrationContext>;
  after: bigint;
  /** Aborts when nobody listens any more, or when it has gone on for long enough: it ends without an error. */
  signal: AbortSignal;
  keepAliveMs: number;
  /** The most events of the log that are looked at for one portion. */
  batchSize: number;
  /** The newest day whose behaviour is unlinkable, or about to be: no reference to it goes out any more. */
  lastClosedDay: () => LocalDate;
}>;

/** What a subscriber is given at once. `position` has been passed, also where there is nothing of theirs. */
export type Portion = Readonly<{ events: readonly IntegrationEvent[]; position: bigint; caughtUp: boolean }>;

const selectFrom = (
  { tenant, contexts, lastClosedDay }: Following,
  events: readonly RecordedForm[],
): readonly IntegrationEvent[] => {
  const ours = events.filter(({ metadata }) => metadata.tenant === tenant);
  if (ours.length === 0) return [];
  const closed = lastClosedDay();
  return ours.flatMap((recorded) => {
    const event = integrationEventOf(recorded);
    return event !== null && contexts.has(event.context) && !isOfClosedDay(event, () => closed)
      ? [event]
      : [];
  });
};

type Arrival<Value> = Readonly<{ value: Value }> | 'late';

/** What comes within a time; what comes later is still to come. */
const within = async <Value>(coming: Promise<Value>, milliseconds: number): Promise<Arrival<Value>> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, milliseconds), 'late');
  });
  try {
    return await Promise.race([coming.then((value) => ({ value })), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Takes the batches of the log and makes portions of them. */
class Follower {
  private coming: Promise<IteratorResult<FeedBatch, unknown>> | null = null;
  private place: Omit<Portion, 'events'>;
  /** When something must be said again, by the machine's clock. */
  private due: number;

  constructor(
    private readonly reader: AsyncIterator<FeedBatch>,
    private readonly following: Following,
  ) {
    this.place = { position: following.after, caughtUp: false };
    this.due = Date.now() + following.keepAliveMs;
  }

  /** The next portion; null: it has ended. */
  async next(): Promise<Portion | null> {
    for (;;) {
      this.coming ??= this.reader.next();
      const arrived = await within(this.coming, this.due - Date.now());
      if (this.following.signal.aborted) return null;
      if (arrived === 'late') return { events: [], ...this.place };
      this.coming = null;
      if (arrived.value.done === true) return null;
      const portion = this.take(arrived.value.value);
      if (portion !== null) return portion;
    }
  }

  given(): void {
    this.due = Date.now() + this.following.keepAliveMs;
  }

  async close(): Promise<void> {
    this.coming?.catch(() => undefined);
    await this.reader.return?.();
  }

  private take({ events, position, caughtUp }: FeedBatch): Portion | null {
    const reached = caughtUp && !this.place.caughtUp;
    this.place = { position, caughtUp: this.place.caughtUp || caughtUp };
    const theirs = selectFrom(this.following, events);
    const isWorth = theirs.length > 0 || reached || Date.now() >= this.due;
    return isWorth ? { events: theirs, ...this.place } : null;
  }
}

/**
 * The records of a tenant as they come, at least once. Where nothing of theirs comes, the place that was reached is
 * given by the clock and not when somebody else has done something, so that the pauses tell nothing either. At most
 * one batch of the log is in memory. Throws what the log throws; what passes by itself has been waited for.
 */
export async function* followLog(feed: LogFeed, following: Following): AsyncGenerator<Portion> {
  const stop = new AbortController();
  const signal = AbortSignal.any([following.signal, stop.signal]);
  const batches = feed.subscribe(following.after, { batchSize: following.batchSize, signal });
  const follower = new Follower(batches[Symbol.asyncIterator](), { ...following, signal });
  try {
    for (let portion = await follower.next(); portion !== null; portion = await follower.next()) {
      yield portion;
      follower.given();
    }
  } finally {
    stop.abort();
    await follower.close();
  }
}

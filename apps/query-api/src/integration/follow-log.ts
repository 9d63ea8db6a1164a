import {
  integrationEventOf,
  isOfClosedDay,
  type IntegrationContext,
  type IntegrationEvent,
} from '@lacuna/domain/integration';
import type { LocalDate } from '@lacuna/domain/kernel';
import type { FedEvent, FeedBatch, LogFeed } from './log-feed.js';

export type Following = Readonly<{
  tenant: string;
  contexts: ReadonlySet<IntegrationContext>;
  after: bigint;
  /** Aborts when nobody listens any more, or when it has gone on for long enough: it ends without an error. */
  signal: AbortSignal;
  keepAliveMs: number;
  /** The most records of one portion. How much of the log is looked at for it is another matter. */
  maxRecords: number;
  /** The newest day whose behaviour is unlinkable, or about to be: no reference to it goes out any more. */
  lastClosedDay: () => LocalDate;
}>;

/**
 * What a subscriber is given at once. `position` has been passed, also where there is nothing of theirs. `caughtUp`: all
 * that had happened when it began has been given; that stays so, and does not tell that somebody has done something.
 */
export type Portion = Readonly<{ events: readonly IntegrationEvent[]; position: bigint; caughtUp: boolean }>;

type Place = Omit<Portion, 'events'>;
type Selected = Readonly<{ event: IntegrationEvent; position: bigint }>;

/** Events of the log that are asked for at once. */
const BATCH_SIZE = 200;

const selectFrom = (
  { tenant, contexts, lastClosedDay }: Following,
  events: readonly FedEvent[],
): readonly Selected[] => {
  const ours = events.filter(({ metadata }) => metadata.tenant === tenant);
  if (ours.length === 0) return [];
  const closed = lastClosedDay();
  return ours.flatMap((recorded) => {
    const event = integrationEventOf(recorded);
    return event !== null && contexts.has(event.context) && !isOfClosedDay(event, () => closed)
      ? [{ event, position: recorded.position }]
      : [];
  });
};

/** Cut into portions; the last one passes all that was looked at. */
const portionsOf = (theirs: readonly Selected[], most: number, before: Place, after: Place): Portion[] => {
  const pieces = Array.from({ length: Math.max(1, Math.ceil(theirs.length / most)) }, (_, index) =>
    theirs.slice(index * most, (index + 1) * most),
  );
  return pieces.map((piece, index) => ({
    events: piece.map(({ event }) => event),
    ...(index === pieces.length - 1
      ? after
      : { position: piece.at(-1)?.position ?? before.position, caughtUp: before.caughtUp }),
  }));
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
  private place: Place;
  /** Selected, and not given yet. */
  private ready: Portion[] = [];
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
      if (this.isOver()) return null;
      const portion = this.ready.shift();
      if (portion !== undefined) {
        this.place = { position: portion.position, caughtUp: portion.caughtUp };
        return portion;
      }
      this.coming ??= this.reader.next();
      const arrived = await within(this.coming, this.due - Date.now());
      if (this.isOver()) return null;
      if (arrived === 'late') return { events: [], ...this.place };
      this.coming = null;
      if (arrived.value.done === true) return null;
      this.take(arrived.value.value);
    }
  }

  private isOver(): boolean {
    return this.following.signal.aborted;
  }

  given(): void {
    this.due = Date.now() + this.following.keepAliveMs;
  }

  async close(): Promise<void> {
    this.coming?.catch(() => undefined);
    await this.reader.return?.();
  }

  private take({ events, position, caughtUp }: FeedBatch): void {
    const before = this.place;
    const after = { position, caughtUp: before.caughtUp || caughtUp };
    const theirs = selectFrom(this.following, events);
    const isWorth = theirs.length > 0 || after.caughtUp !== before.caughtUp || Date.now() >= this.due;
    if (isWorth) this.ready = portionsOf(theirs, this.following.maxRecords, before, after);
    else this.place = after;
  }
}

/**
 * The records of a tenant as they come, at least once. Where nothing of theirs comes, the place that was reached is
 * given by the clock and not when somebody else has done something, so that the pauses tell nothing either. One batch of
 * the log is held here, and the next is asked for when it has been given; what the log's own reader has read ahead, and
 * what waits on its way to a slow subscriber, is theirs to bound. Throws what the log throws; what passes by itself has
 * been waited for.
 */
export async function* followLog(feed: LogFeed, following: Following): AsyncGenerator<Portion> {
  const stop = new AbortController();
  const signal = AbortSignal.any([following.signal, stop.signal]);
  const batches = feed.subscribe(following.after, { batchSize: BATCH_SIZE, signal });
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

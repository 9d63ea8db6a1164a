import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, LacunaError } from '@lacuna/domain/kernel';
import type { AllRead, LogBatch, Position, RecordedEvent } from '../event-store.port.js';
import { checkAllRead, checkNotAhead } from '../log/read-checks.js';
import { createBatchQueue, type BatchQueue } from '../log/batch-queue.js';
import { EVENT_COLUMNS, eventOfRow, type EventRow } from './event-rows.js';
import type { LogListener } from './log-listener.js';
import type { ReadConnections } from './read-connections.js';

type PageRequest = Readonly<{ after: Position; upTo: Position; limit: number }>;
/** Rows as they came: they become events when they are given out, page by page. */
type Page = Readonly<{ rows: readonly EventRow[] }>;

export type LogReader = Readonly<{
  head(): Promise<Position>;
  readAll(after: Position, read: AllRead): AsyncGenerator<LogBatch>;
  subscribe(after: Position, read: AllRead): AsyncGenerator<LogBatch>;
  close(): Promise<void>;
}>;

export type LogReaderOptions = Readonly<{
  connections: ReadConnections;
  listener: LogListener;
  maxPagesInFlight: number;
  maxQueued: number;
}>;

const RETRY_MS = 250;
const PASSING = ['STORE_UNAVAILABLE', 'STORE_BUSY', 'STORE_CONTENDED'];

/**
 * A page ends with the event that fills it, however few they are: a thousand of the largest would be 64 MB, and a
 * reader holds two pages, as rows, as events and as garbage.
 */
const PAGE_BYTES = 2_097_152;

// A place becomes visible after all places before it: what a page passes is passed for ever.
const pageQuery = ({ after, upTo, limit }: PageRequest): Parameters<ReadConnections['rows']>[0] => ({
  name: 'lacuna-read-all',
  text: `SELECT ${EVENT_COLUMNS} FROM (
           SELECT e.*, sum(octet_length(e.body)) OVER (
                    ORDER BY e.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
             FROM (SELECT * FROM log.events e
                    WHERE e.position > $1::int8 AND e.position <= $2::int8
                    ORDER BY e.position LIMIT $3::int) e) e
          WHERE coalesce(e.bytes_before, 0) < ${PAGE_BYTES} ORDER BY e.position`,
  values: [after.toString(), upTo.toString(), limit],
  rowMode: 'array',
});

const oneAtATime = (): (() => boolean) => {
  let taken = false;
  return () => !taken && (taken = true);
};

const createPages = ({
  connections,
  maxPagesInFlight,
  maxQueued,
}: LogReaderOptions): BatchQueue<PageRequest, Page> =>
  createBatchQueue({
    maxQueued,
    maxInFlight: maxPagesInFlight,
    newBatch: oneAtATime,
    run: async ([request]) => {
      if (!request) return [];
      const rows = await connections.rows<EventRow>(pageQuery(request));
      return [{ answer: { rows } }];
    },
  });

const eventsOf = (page: Page): RecordedEvent[] => page.rows.map(eventOfRow);

const lastPosition = (page: Page): Position | null => {
  const last = page.rows.at(-1);
  return last ? BigInt(last[0]) : null;
};

const lower = (one: Position, other: Position): Position => (one < other ? one : other);

/** Pages from `after` to `upTo`, at least one, the next one fetched while the last is being worked on. */
async function* pagesUpTo(
  fetch: (request: PageRequest) => Promise<Page>,
  { after, upTo, limit }: PageRequest,
): AsyncGenerator<Page> {
  let next: Promise<Page> | null = fetch({ after, upTo, limit });
  for (let isFirst = true; next; isFirst = false) {
    const page: Page = await next;
    const position = lastPosition(page);
    // Between the last page and `upTo` there may be places without an event.
    if (position === null && !isFirst) return;
    next = position !== null && position < upTo ? fetch({ after: position, upTo, limit }) : null;
    // A reader that stops here never asks for it.
    next?.catch(() => undefined);
    yield page;
  }
}

class PostgresLogReader implements LogReader {
  private readonly pages: BatchQueue<PageRequest, Page>;
  private readonly heads: BatchQueue<null, Position>;
  private readonly closing = new AbortController();

  constructor(private readonly options: LogReaderOptions) {
    this.pages = createPages(options);
    this.heads = createBatchQueue({
      maxQueued: options.maxQueued,
      maxInFlight: 1,
      newBatch: () => () => true,
      run: async (batch) => {
        const answer = await this.readHead();
        return batch.map(() => ({ answer }));
      },
    });
  }

  head(): Promise<Position> {
    return this.heads.submit(null);
  }

  async *readAll(after: Position, read: AllRead): AsyncGenerator<LogBatch> {
    const { batchSize, upTo, signal } = checkAllRead(after, read);
    if (signal?.aborted) return;
    const head = await this.head();
    checkNotAhead(after, head);
    const end = upTo === null ? head : lower(upTo, head);
    for await (const page of pagesUpTo((request) => this.pages.submit(request), {
      after,
      upTo: end,
      limit: batchSize,
    })) {
      if (signal?.aborted) return;
      const position = lastPosition(page) ?? after;
      yield { events: eventsOf(page), position, caughtUp: position >= head };
    }
  }

  async *subscribe(after: Position, read: AllRead): AsyncGenerator<LogBatch> {
    const { upTo, signal: asked } = checkAllRead(after, read);
    const signal = asked ? AbortSignal.any([asked, this.closing.signal]) : this.closing.signal;
    let position = after;
    let isLive = false;
    while (!signal.aborted) {
      // Taken before reading: what is appended meanwhile wakes at once.
      const seen = this.options.listener.ticks();
      for await (const batch of this.tail(position, { ...read, signal })) {
        if (batch.events.length > 0 || !isLive) yield batch;
        position = batch.position;
        isLive = batch.caughtUp;
      }
      if (upTo !== null && position >= upTo) return;
      await this.options.listener.nextTick(seen, signal);
    }
  }

  /** As `readAll`; what passes by itself is waited for. */
  private async *tail(
    after: Position,
    read: AllRead & Readonly<{ signal: AbortSignal }>,
  ): AsyncGenerator<LogBatch> {
    try {
      yield* this.readAll(after, read);
    } catch (error) {
      if (!hasCode(error, ...PASSING)) throw error;
      await sleep(RETRY_MS, undefined, { signal: read.signal }).catch(() => undefined);
    }
  }

  private async readHead(): Promise<Position> {
    const rows = await this.options.connections.rows<readonly [string]>({
      name: 'lacuna-head',
      text: 'SELECT position FROM log.head',
      values: [],
      rowMode: 'array',
    });
    if (!rows[0]) throw new LacunaError('STORE_REFUSED', 'the log has no head');
    return BigInt(rows[0][0]);
  }
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all([this.pages.close(), this.heads.close()]);
  }
}

export const createLogReader = (options: LogReaderOptions): LogReader => new PostgresLogReader(options);

import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Position, RecordedEvent } from '../event-store.port.js';
import type { KnownPositions } from './known-positions.js';
import type { LogClient, ReadCall } from './log-client.js';
import { subscriptionRequest } from './read-requests.js';
import { pause } from './retry.js';
import { eventOf, recordOf, type ServerRecord } from './server-records.js';
import { isInvalidPosition, kindOfFailure, lost, storeError } from './store-errors.js';

export type FeedOptions = Readonly<{
  client: LogClient;
  prefixes: readonly string[];
  after: Position;
  signal: AbortSignal;
  /** Takes a record that is no event of the log; `true`: it was taken. */
  aside: (record: ServerRecord) => boolean;
  known?: KnownPositions;
  /** A server that says nothing for so long, while an event is waited for, is given up; else it is waited for without end. */
  giveUpMs?: number;
}>;

/** An event and the bytes that it has on the server. */
export type Arrived = Readonly<{ event: RecordedEvent; bytes: number }>;

// What is read ahead of a reader that is still at work; then the server waits.
const MOST_BUFFERED = 2_000;
const ENOUGH_BUFFERED = 1_000;
const MOST_BYTES = 2_097_152;
const ENOUGH_BYTES = 1_048_576;

/**
 * One subscription of the server that is taken up again where it was, through lost connections and leaders: behind
 * the last event or checkpoint that arrived. Events come once and in order.
 */
export class SubscriptionFeed {
  private readonly buffer: Arrived[] = [];
  private first = 0;
  private bytes = 0;
  private heardAt = performance.now();
  private place: Position;
  /** A record's place before `place`, where that is none. */
  private detour: Position | null = null;
  private call: ReadCall | null = null;
  private failure: Error | null = null;
  private attempt = 0;
  private isClosed = false;
  private wake: () => void = () => undefined;
  private readonly onAbort = (): void => this.close();

  constructor(private readonly options: FeedOptions) {
    this.place = options.after;
    options.signal.addEventListener('abort', this.onAbort);
    if (options.signal.aborted) this.isClosed = true;
    void this.run();
  }

  /** The next event if it has arrived. */
  peek(): Arrived | null {
    return this.buffer[this.first] ?? null;
  }

  /** Takes what `peek` showed. */
  shift(): void {
    this.bytes -= this.peek()?.bytes ?? 0;
    this.first += 1;
    if (this.first >= ENOUGH_BUFFERED || this.first === this.buffer.length) {
      this.buffer.splice(0, this.first);
      this.first = 0;
    }
    if (this.buffer.length - this.first < ENOUGH_BUFFERED && this.bytes < ENOUGH_BYTES) this.call?.resume();
  }

  /** Resolves when an event has arrived (`true`), or when none will any more. */
  async arrived(): Promise<boolean> {
    for (;;) {
      if (this.isClosed) return false;
      if (this.peek()) return true;
      if (this.failure) throw this.failure;
      await this.next();
    }
  }

  /** Until something has happened; throws when the server was silent for too long. */
  private async next(): Promise<void> {
    const { giveUpMs } = this.options;
    const since = performance.now();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (giveUpMs !== undefined) timer = setTimeout(resolve, giveUpMs);
    });
    clearTimeout(timer);
    const silentMs = performance.now() - Math.max(since, this.heardAt);
    if (giveUpMs !== undefined && silentMs >= giveUpMs && !this.isClosed && !this.peek())
      throw this.failure ?? lost('silence');
  }

  close(): void {
    this.isClosed = true;
    this.options.signal.removeEventListener('abort', this.onAbort);
    this.call?.cancel();
    this.wake();
  }

  private async run(): Promise<void> {
    while (!this.isClosed) {
      const error = await this.follow().catch((reason: unknown) => reason);
      if (this.isOver()) return;
      if (this.takesDetour(error)) continue;
      if (kindOfFailure(error) !== 'lost') {
        this.failure = storeError(error);
        this.wake();
        return;
      }
      await pause((this.attempt += 1), this.options.signal);
    }
  }

  private takesDetour(error: unknown): boolean {
    const { known } = this.options;
    if (!known || this.detour !== null || !isInvalidPosition(error)) return false;
    this.detour = known.before(this.place);
    return true;
  }

  // Asked anew: it was closed while something was waited for.
  private isOver(): boolean {
    return this.isClosed;
  }

  /** Until the subscription breaks; what it broke with. */
  private async follow(): Promise<unknown> {
    const { client, prefixes } = this.options;
    const call = await client.openRead(subscriptionRequest(prefixes, this.detour ?? this.place));
    this.call = call;
    if (this.isClosed) call.cancel();
    const broken = new Promise<unknown>((resolve) => {
      call.on('error', resolve);
      call.on('end', () => resolve(lost('subscription ended')));
    });
    const refused = new Promise<unknown>((resolve) => {
      call.on('data', (response: ReadResp) => {
        try {
          this.take(response, call);
        } catch (error) {
          call.cancel();
          resolve(error);
        }
      });
    });
    return Promise.race([refused, broken]);
  }

  private take(response: ReadResp, call: ReadCall): void {
    const checkpoint = response.getCheckpoint();
    if (checkpoint) this.pass(BigInt(checkpoint.getCommitPosition()));
    const record = recordOf(response);
    if (checkpoint || record) this.heardAt = performance.now();
    if (!record) return;
    this.options.known?.pass(record.position);
    if (this.hasPassed(record.position)) return;
    this.attempt = 0;
    if (!this.options.aside(record)) {
      const bytes = record.data.length + record.metadata.length;
      this.buffer.push({ event: eventOf(record), bytes });
      this.bytes += bytes;
      if (this.buffer.length - this.first >= MOST_BUFFERED || this.bytes >= MOST_BYTES) call.pause();
    }
    this.pass(record.position);
    this.wake();
  }

  private hasPassed(position: Position): boolean {
    return position <= this.place;
  }

  private pass(position: Position): void {
    if (this.hasPassed(position)) return;
    this.place = position;
    this.detour = null;
  }
}

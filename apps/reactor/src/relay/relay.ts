import { hostname } from 'node:os';
import type { Client, Pool } from 'pg';
import { integrationEventOf, type IntegrationEvent } from '@lacuna/domain/integration';
import type { EventStore, LogBatch, Position } from '@lacuna/event-store';
import {
  inLinkedSpan,
  reportProcessor,
  underLease,
  type HeldLease,
  type ProcessorState,
} from '@lacuna/runtime';
import { createCheckpoint, RELAY, type Checkpoint } from './checkpoint.store.js';
import { codeOf } from './code-of.js';
import type { IntegrationPublisher, OpenPublisher } from './integration-publisher.port.js';

export type RelayParts = Readonly<{
  store: EventStore;
  /** For the checkpoint and for what `status` says of the relay. */
  pool: Pool;
  /** Opens a session of its own for the lease. */
  connect: () => Promise<Client>;
  openPublisher: OpenPublisher;
  /** Who this process is to the others; absent: its machine and process id. */
  holder?: string;
  /** Gets a stable code, never a value; again for as long as the trouble lasts. */
  onTrouble?: (code: string, what: string) => void;
  /** After each batch: what it read, what of it went out, and how far that was. */
  onPublished?: (batch: PublishedBatch) => void;
  /** The most events of the log in one transaction, and in memory. */
  batchSize?: number;
  leaseMs?: number;
}>;

export type PublishedBatch = Readonly<{ read: number; published: number; position: Position }>;

const BATCH = 500;
const SIGN_OF_LIFE_MS = 2_000;

const eventsOf = ({ events }: LogBatch): readonly IntegrationEvent[] =>
  events.flatMap((event) => integrationEventOf(event) ?? []);

/** Says how the relay is, while it runs every two seconds. What cannot be said is said next time. */
class Reporter {
  position: Position | null = null;
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly parts: Pick<RelayParts, 'pool' | 'holder'>,
    private readonly held: HeldLease,
  ) {
    this.#timer = setInterval(() => void this.say('running'), SIGN_OF_LIFE_MS);
  }

  async say(state: ProcessorState, code?: string): Promise<void> {
    const { pool, holder = `${hostname()}-${process.pid}` } = this.parts;
    const { epoch } = this.held;
    const failures = code === undefined ? [] : [{ kind: RELAY, code }];
    const report = { name: RELAY, holder, epoch, position: this.position, state, failures };
    await reportProcessor(pool, report).catch(() => undefined);
  }

  end(state: ProcessorState, code?: string): Promise<void> {
    clearInterval(this.#timer);
    return this.say(state, code);
  }
}

/**
 * Publishes the log from where its checkpoint stands, in order, at least once: a batch is out before the checkpoint
 * passes it, and one batch at a time is in memory. One relay of a store publishes, the others stand by. There is one
 * way out of any trouble: drop the publisher, wait, begin again at the checkpoint.
 */
export class Relay {
  readonly #checkpoint: Checkpoint;
  #ending: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: RelayParts) {
    this.#checkpoint = createCheckpoint(parts.pool);
  }

  start(): void {
    if (this.#ending !== null) return;
    this.#ending = new AbortController();
    const { connect, leaseMs, onTrouble = () => undefined } = this.parts;
    this.#running = underLease({
      connect,
      names: [RELAY],
      ...(leaseMs === undefined ? {} : { ttlMs: leaseMs }),
      onTrouble: (code) => onTrouble(code, RELAY),
      signal: this.#ending.signal,
      run: (held) => this.#run(held),
    });
  }

  /** Ends after the batch under way, and lets another one begin. */
  async stop(): Promise<void> {
    this.#ending?.abort();
    await this.#running;
    this.#ending = null;
  }

  async #run(held: HeldLease): Promise<void> {
    const reporter = new Reporter(this.parts, held);
    try {
      await this.#publishAll(held, reporter);
      await reporter.end('stopped');
    } catch (error) {
      await reporter.end('failed', codeOf(error));
      throw error;
    }
  }

  async #publishAll(held: HeldLease, reporter: Reporter): Promise<void> {
    const publisher = await this.parts.openPublisher(await this.#checkpoint.publisher());
    try {
      // Only now: whoever held the lease before is fenced, and can publish nothing beyond what this reads. And the
      // other way round: one that was stopped before it fenced its successor finds here that it is none any more.
      const from = await this.#checkpoint.read(held);
      reporter.position = from;
      await reporter.say('running');
      await this.#follow(from, held, { publisher, reporter });
    } finally {
      await publisher.close();
    }
  }

  async #follow(
    from: Position,
    held: HeldLease,
    { publisher, reporter }: Readonly<{ publisher: IntegrationPublisher; reporter: Reporter }>,
  ): Promise<void> {
    const { store, batchSize = BATCH, onPublished = () => undefined } = this.parts;
    let position = from;
    for await (const batch of store.subscribe(from, { batchSize, signal: held.signal })) {
      if (batch.position === position) continue;
      const events = eventsOf(batch);
      held.check();
      const traces = events.map(({ trace }) => trace);
      if (events.length > 0) await inLinkedSpan('relay', traces, () => publisher.publish(events));
      await this.#checkpoint.move(held, batch.position);
      position = batch.position;
      reporter.position = position;
      onPublished({ read: batch.events.length, published: events.length, position });
    }
  }
}

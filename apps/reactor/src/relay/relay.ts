import type { Client, Pool } from 'pg';
import { integrationEventOf, type IntegrationEvent } from '@lacuna/domain/integration';
import type { EventStore, LogBatch, Position } from '@lacuna/event-store';
import { troubleCode, inLinkedSpan, isLeaseLost, underLease, type HeldLease } from '@lacuna/runtime';
import { createCheckpoint, RELAY, type Checkpoint } from './checkpoint.store.js';
import type { IntegrationPublisher, OpenPublisher } from './integration-publisher.port.js';
import { RelayReporter } from './relay-reporter.js';

export type RelayParts = Readonly<{
  store: EventStore;
  /** For the checkpoint and for what `status` says of the relay. */
  pool: Pool;
  /** Opens a session of its own for the lease. */
  connect: () => Promise<Client>;
  openPublisher: OpenPublisher;
  /** Who this process is to the others. */
  holder: string;
  /** What does not go out, though the log holds it. */
  isWithheld?: (event: IntegrationEvent) => boolean;
  /** Whether it is this process's turn, also while it gets no further. */
  onHolding?: (isHolding: boolean) => void;
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
/** How long a batch under way may take to end when the relay is told to stop. */
const LAST_BATCH_MS = 5_000;

const eventsOf = ({ events }: LogBatch): readonly IntegrationEvent[] =>
  events.flatMap((event) => integrationEventOf(event) ?? []);

/** For a batch that is under way: it ends at once where another one acts, and soon where this one is to stop. */
const endingOf = (signal: AbortSignal): Readonly<{ signal: AbortSignal; done: () => void }> => {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => ending.abort(signal.reason);
  const leave = (): void => {
    if (isLeaseLost(signal.reason)) end();
    else timer = setTimeout(end, LAST_BATCH_MS);
  };
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  const done = (): void => {
    signal.removeEventListener('abort', leave);
    clearTimeout(timer);
  };
  return { signal: ending.signal, done };
};

const publish = async (
  publisher: IntegrationPublisher,
  events: readonly IntegrationEvent[],
  held: HeldLease,
): Promise<void> => {
  const traces = events.map(({ trace }) => trace);
  const { signal, done } = endingOf(held.signal);
  try {
    await inLinkedSpan('relay', traces, () => publisher.publish(events, signal));
  } finally {
    done();
  }
};

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
    const { onHolding = () => undefined } = this.parts;
    const reporter = new RelayReporter(this.parts, held.epoch);
    onHolding(true);
    try {
      await this.#publishAll(held, reporter);
      await reporter.end('stopped');
    } catch (error) {
      // Told to stop in the midst of an opening or a batch: that is no trouble.
      const isTold = this.#ending?.signal.aborted === true;
      await (isTold ? reporter.end('stopped') : reporter.end('failed', troubleCode(error)));
      if (!isTold) throw error;
    } finally {
      onHolding(false);
    }
  }

  async #publishAll(held: HeldLease, reporter: RelayReporter): Promise<void> {
    const publisher = await this.parts.openPublisher(await this.#checkpoint.publisher(), held.signal);
    try {
      // Only now: whoever held the lease before is fenced, and can publish nothing beyond what this reads. And the
      // other way round: one that was stopped before it fenced its successor finds here that it is none any more.
      const from = await this.#checkpoint.read(held);
      await reporter.begin(from);
      await this.#follow(from, held, { publisher, reporter });
    } finally {
      await publisher.close();
    }
  }

  async #follow(
    from: Position,
    held: HeldLease,
    { publisher, reporter }: Readonly<{ publisher: IntegrationPublisher; reporter: RelayReporter }>,
  ): Promise<void> {
    const { store, batchSize = BATCH, onPublished = () => undefined, isWithheld = () => false } = this.parts;
    let position = from;
    for await (const batch of store.subscribe(from, { batchSize, signal: held.signal })) {
      if (batch.position === position) continue;
      const events = eventsOf(batch).filter((event) => !isWithheld(event));
      held.check();
      if (events.length > 0) await publish(publisher, events, held);
      await this.#checkpoint.move(held, batch.position);
      position = batch.position;
      reporter.reached(position);
      onPublished({ read: batch.events.length, published: events.length, position });
    }
  }
}

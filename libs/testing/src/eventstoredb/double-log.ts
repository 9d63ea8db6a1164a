import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import {
  decodeWrites,
  encodeWrite,
  lengthOf,
  type DoubleRecord,
  type ProposedRecord,
} from './double-records.js';
import { forgettingOf, KEEPS_ALL, visibleFrom, type Forgetting } from './stream-forgetting.js';

export type DoubleExpected = bigint | 'none' | 'any' | 'exists';

export type WriteOutcome =
  | Readonly<{ kind: 'written' | 'idempotent'; last: bigint; position: bigint | null }>
  | Readonly<{ kind: 'wrong-expected'; actual: bigint }>
  | Readonly<{ kind: 'deleted' }>;

type Stream = { readonly records: DoubleRecord[]; isTombstoned: boolean };

const NO_STREAM = -1n;
const TOMBSTONE = 2n ** 63n - 1n;
// The server keeps the ids of so few events for appends that expect any revision.
const REMEMBERED_IDS = 1_000;

const systemEvent = (type: string, data: Readonly<Record<string, unknown>>): ProposedRecord => ({
  id: randomUUID(),
  type,
  isJson: true,
  data: Buffer.from(JSON.stringify(data)),
  metadata: Buffer.alloc(0),
});

export type DoubleLogOptions = Readonly<{
  /** Appended to, line by line, so that another double finds the events again. */
  file?: string;
  /** After so many writes the server writes an event of its own between them. */
  systemEventEvery?: number;
}>;

const lastOf = (stream: Stream | undefined): bigint => BigInt(stream?.records.length ?? 0) - 1n;

/**
 * The transaction file and its index: what a node decides about a write follows the server's index writer
 * (expected versions, idempotency by event id, soft deletion), down to what it does not promise.
 */
export class DoubleLog {
  readonly all: DoubleRecord[] = [];
  /** What it was asked for, and has given: behind which places subscriptions began (-1: the start), and how many records. */
  readonly asked = { subscribedBehind: [] as bigint[], sent: 0 };
  private readonly streams = new Map<string, Stream>();
  private readonly remembered = new Map<string, DoubleRecord>();
  private readonly watchers = new Set<() => void>();
  private end = 0n;
  private writes = 0;

  constructor(private readonly options: DoubleLogOptions = {}) {
    const { file } = options;
    const text = file && existsSync(file) ? readFileSync(file, 'utf8') : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (file && whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
    for (const { stream, records } of decodeWrites(whole)) this.place(stream, records);
    if (this.all.length === 0) this.commit('$users', [systemEvent('$UserCreated', {})]);
  }

  lastRevision(stream: string): bigint {
    return lastOf(this.streams.get(stream));
  }

  isTombstoned(stream: string): boolean {
    return this.streams.get(stream)?.isTombstoned ?? false;
  }

  /** The records that a reader of the stream still sees; `null`: there is no such stream, or it was deleted softly. */
  visible(stream: string): readonly DoubleRecord[] | null {
    const records = this.streams.get(stream)?.records ?? [];
    const forgetting = this.forgetting(stream);
    if (records.length === 0 || forgetting.isSoftDeleted) return null;
    return records.slice(visibleFrom(records, forgetting, Date.now()));
  }

  write(stream: string, expected: DoubleExpected, proposed: readonly ProposedRecord[]): WriteOutcome {
    const refused = this.check(stream, expected, proposed);
    if (refused) return refused;
    const wasSoftDeleted = this.forgetting(stream).isSoftDeleted;
    const first = this.lastRevision(stream) + 1n;
    const written = this.commit(stream, proposed);
    for (const record of written) this.remember(record);
    if (wasSoftDeleted) this.setMetadata(stream, { $tb: Number(first) });
    this.interleave();
    for (const wake of [...this.watchers]) wake();
    const last = written.at(-1);
    return { kind: 'written', last: last?.revision ?? NO_STREAM, position: last?.position ?? null };
  }

  /** As a client would: an event of the metadata stream. */
  setMetadata(stream: string, metadata: Readonly<Record<string, unknown>>): void {
    this.write(`$$${stream}`, 'any', [systemEvent('$metadata', metadata)]);
  }

  /** As if the records of these streams had been written so much earlier. */
  age(prefix: string, byMs: number): void {
    for (const record of this.all)
      if (record.stream.startsWith(prefix)) Object.assign(record, { created: record.created - byMs });
  }

  /** Of the stream itself nothing can be read any more; where it ends, the server writes a record of its own. */
  tombstone(stream: string): void {
    const found = this.streams.get(stream) ?? { records: [], isTombstoned: true };
    found.isTombstoned = true;
    this.streams.set(stream, found);
    const deleted = systemEvent('$streamDeleted', {});
    this.all.push({ ...deleted, stream, created: Date.now(), position: this.end, revision: TOMBSTONE });
    this.end += lengthOf(stream, deleted);
    for (const wake of [...this.watchers]) wake();
  }

  /** The index in `all` of the first record at or after a position; `null`: no record begins there. */
  indexOf(position: bigint): number | null {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.all[middle]?.position ?? 0n) < position) low = middle + 1;
      else high = middle;
    }
    return this.all[low]?.position === position ? low : null;
  }

  onWrite(wake: () => void): () => void {
    this.watchers.add(wake);
    return () => this.watchers.delete(wake);
  }

  private forgetting(stream: string): Forgetting {
    const metadata = this.streams.get(`$$${stream}`)?.records.at(-1);
    return metadata ? forgettingOf(metadata) : KEEPS_ALL;
  }

  private check(
    stream: string,
    expected: DoubleExpected,
    proposed: readonly ProposedRecord[],
  ): WriteOutcome | null {
    if (this.isTombstoned(stream)) return { kind: 'deleted' };
    const actual = this.lastRevision(stream);
    const wrong = { kind: 'wrong-expected', actual } as const;
    if (expected === 'exists' && actual === NO_STREAM) return wrong;
    if (expected === 'any' || expected === 'exists') return this.checkRemembered(stream, proposed, wrong);
    const revision = expected === 'none' ? NO_STREAM : expected;
    if (revision < actual) return this.checkEarlier(stream, revision, proposed);
    return revision > actual ? wrong : null;
  }

  /** Only what the server still remembers is idempotent when any revision is expected. */
  private checkRemembered(
    stream: string,
    proposed: readonly ProposedRecord[],
    wrong: WriteOutcome,
  ): WriteOutcome | null {
    let last: DoubleRecord | undefined;
    for (const [index, { id }] of proposed.entries()) {
      const known = this.remembered.get(id);
      if (known?.stream !== stream) return index === 0 ? null : wrong;
      last = known;
    }
    return last ? { kind: 'idempotent', last: last.revision, position: last.position } : null;
  }

  /** The same events at the expected place are the same write; the first of them missing is a wrong version. */
  private checkEarlier(
    stream: string,
    revision: bigint,
    proposed: readonly ProposedRecord[],
  ): WriteOutcome | null {
    const records = this.streams.get(stream)?.records ?? [];
    const there = proposed.map((_, index) => records[Number(revision) + 1 + index]);
    const last = there.at(-1);
    if (last && there.every((record, index) => record?.id === proposed[index]?.id))
      return { kind: 'idempotent', last: last.revision, position: last.position };
    // A softly deleted stream takes "no stream", and goes on counting where it ended.
    const isRevival = revision === NO_STREAM && this.forgetting(stream).isSoftDeleted;
    return isRevival ? null : { kind: 'wrong-expected', actual: this.lastRevision(stream) };
  }

  private commit(stream: string, proposed: readonly ProposedRecord[]): DoubleRecord[] {
    const written = this.place(stream, proposed);
    if (this.options.file) appendFileSync(this.options.file, encodeWrite(stream, written));
    return written;
  }

  private place(
    stream: string,
    proposed: readonly (ProposedRecord & Readonly<{ created?: number }>)[],
  ): DoubleRecord[] {
    const found = this.streams.get(stream) ?? { records: [], isTombstoned: false };
    this.streams.set(stream, found);
    return proposed.map((event) => {
      const record = {
        ...event,
        stream,
        created: event.created ?? Date.now(),
        position: this.end,
        revision: lastOf(found) + 1n,
      };
      this.end += lengthOf(stream, event);
      found.records.push(record);
      this.all.push(record);
      return record;
    });
  }

  private remember(record: DoubleRecord): void {
    this.remembered.set(record.id, record);
    const oldest = this.remembered.keys().next();
    if (this.remembered.size > REMEMBERED_IDS && !oldest.done) this.remembered.delete(oldest.value);
  }

  private interleave(): void {
    const { systemEventEvery = 7 } = this.options;
    this.writes += 1;
    if (systemEventEvery === 0 || this.writes % systemEventEvery !== 0) return;
    this.commit('$stats-127.0.0.1:2113', [systemEvent('$statsCollected', { writes: this.writes })]);
  }
}

import { LacunaError } from '@lacuna/domain/kernel';
import type { EventStore, RecordedEvent } from '../event-store.port.js';
import type { LogLoader } from './log-loader.js';
import {
  canonicalEvent,
  eventsOf,
  proofOf,
  startProof,
  type LogProof,
  type RunningProof,
} from './log-proof.js';

export type CopyOptions = Readonly<{
  source: Pick<EventStore, 'readAll' | 'head'>;
  target: Pick<EventStore, 'readAll'>;
  openLoader: () => Promise<LogLoader>;
  /** Told how many events of the source have been looked at or loaded. */
  onProgress?: (events: bigint) => void;
  /** Events of one load: what a kill costs at most. */
  chunk?: number;
}>;

export type CopyReport = Readonly<{
  /** Found in the target already, and the same. */
  found: bigint;
  loaded: bigint;
  proof: LogProof;
}>;

const differs = (at: bigint): LacunaError =>
  new LacunaError(
    'TARGET_DIFFERS',
    `the target is no beginning of the source: event ${at.toString()} is another one`,
  );

/** Passes over what the target has already; every event of it must be the source's. Returns how many it were. */
const passPrefix = async (
  source: AsyncGenerator<RecordedEvent, undefined>,
  target: AsyncGenerator<RecordedEvent, undefined>,
  proof: RunningProof,
  onProgress: (events: bigint) => void,
): Promise<bigint> => {
  let passed = 0n;
  for await (const there of target) {
    const here = await source.next();
    const canonical = here.done ? null : canonicalEvent(here.value);
    if (canonical === null || canonical !== canonicalEvent(there)) throw differs(passed);
    proof.add(canonical);
    onProgress((passed += 1n));
  }
  return passed;
};

const loadRest = async (
  source: AsyncGenerator<RecordedEvent, undefined>,
  loader: LogLoader,
  proof: RunningProof,
  { chunk, onLoaded }: Readonly<{ chunk: number; onLoaded: (events: number) => void }>,
): Promise<bigint> => {
  let loaded = 0n;
  let waiting: RecordedEvent[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    await loader.load(waiting);
    loaded += BigInt(waiting.length);
    onLoaded(waiting.length);
    waiting = [];
  };
  for await (const event of source) {
    proof.add(canonicalEvent(event));
    if (waiting.push(event) >= chunk) await flush();
  }
  await flush();
  return loaded;
};

type Loading = Readonly<{
  events: AsyncGenerator<RecordedEvent, undefined>;
  found: bigint;
  proof: RunningProof;
  options: CopyOptions;
}>;

const loadAndProve = async ({ events, found, proof, options }: Loading): Promise<CopyReport> => {
  const { target, onProgress = () => undefined, chunk = 500 } = options;
  const loader = await options.openLoader();
  let done = found;
  try {
    const onLoaded = (count: number): void => onProgress((done += BigInt(count)));
    const loaded = await loadRest(events, loader, proof, { chunk, onLoaded });
    const [wanted, there] = [proof.done(), await proofOf(target)];
    if (wanted.events !== there.events || wanted.sha256 !== there.sha256)
      throw new LacunaError('COPY_DIFFERS', 'the target does not hold what was written to it');
    return { found, loaded, proof: there };
  } finally {
    await loader.close();
  }
};

/**
 * Brings a target to the whole of a source, from wherever it is, and proves both equal by reading the target once
 * more. The source must stand still: `SOURCE_MOVED_ON` says that it did not, and that it can be run again. A target
 * that is no beginning of the source is refused before anything is written (`TARGET_DIFFERS`).
 */
export const copyLog = async (options: CopyOptions): Promise<CopyReport> => {
  const { source, target, onProgress = () => undefined } = options;
  const head = await source.head();
  const proof = startProof();
  const events = eventsOf(source);
  try {
    const found = await passPrefix(events, eventsOf(target), proof, onProgress);
    const report = await loadAndProve({ events, found, proof, options });
    if ((await source.head()) !== head)
      throw new LacunaError(
        'SOURCE_MOVED_ON',
        'the source was written to meanwhile: stop that and run it again',
      );
    return report;
  } finally {
    // Where the target was refused, the source is still open in the middle.
    await events.return(undefined);
  }
};

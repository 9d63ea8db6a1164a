import { CliError, passes } from '../output/cli-error.js';
import { patiently } from './patience.js';

/** One that the server writes, one that waits for its turn there, one on its way. */
const WINDOW = 3;

type Settled<Answer> = Readonly<{ answer: Answer }> | Readonly<{ error: unknown }>;

export const reasonOf = (error: unknown): string | null =>
  error instanceof CliError ? (error.details.reason ?? null) : null;

const settled = async <Answer>(call: () => Promise<Answer>): Promise<Settled<Answer>> => {
  try {
    return { answer: await call() };
  } catch (error) {
    return { error };
  }
};

const mayPass = (one: Settled<unknown>): boolean => 'error' in one && passes(one.error);

/** A call that is made again while its refusal is a passing one. */
export const insist = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
  const last = await patiently<Settled<Answer>>(() => settled(call), mayPass);
  if ('error' in last) throw last.error;
  return last.answer;
};

export type ChunkSending<Answer> = Readonly<{
  /** The first chunk, and the one behind the last. */
  from: number;
  to: number;
  send: (chunk: number) => Promise<Answer>;
  /** Told each chunk's answer, in their order. */
  take: (chunk: number, answer: Answer) => void;
}>;

/** `early`: on its way before the chunk before it was answered. */
type Sent<Answer> = Readonly<{ chunk: number; early: boolean; answer: Promise<Settled<Answer>> }>;

// A server knows only what is under way at itself: the chunk before an early one may be at another, from which the
// connection has moved on. Once that one is answered, this one is next everywhere.
const cameEarly = ({ early }: Sent<unknown>, error: unknown): boolean =>
  early && reasonOf(error) === 'IMPORT_CHUNK_INVALID';

/**
 * Sends chunks in their order, the next ones while the server is at the first. Where one fails in passing, those behind
 * it have nothing to follow: whatever they were answered, they are sent again behind it. One that came too early for
 * the server it got to is sent once more. No call outlives this.
 */
export const sendChunks = async <Answer>({ from, to, send, take }: ChunkSending<Answer>): Promise<void> => {
  const underWay: Sent<Answer>[] = [];
  let next = from;
  for (;;) {
    for (; next < to && underWay.length < WINDOW; next += 1) {
      const chunk = next;
      underWay.push({ chunk, early: underWay.length > 0, answer: settled(() => send(chunk)) });
    }
    const first = underWay.shift();
    if (first === undefined) return;
    const { chunk } = first;
    const one = await first.answer;
    if ('answer' in one) take(chunk, one.answer);
    else {
      await Promise.all(underWay.splice(0).map(({ answer }) => answer));
      if (!mayPass(one) && !cameEarly(first, one.error)) throw one.error;
      take(chunk, await insist(() => send(chunk)));
      next = chunk + 1;
    }
  }
};

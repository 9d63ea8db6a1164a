import { CliError } from '../output/cli-error.js';
import { isPassing, patiently } from './patience.js';

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

const mayPass = (one: Settled<unknown>): boolean => 'error' in one && isPassing(reasonOf(one.error));

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

type Sent<Answer> = Readonly<{ chunk: number; answer: Promise<Settled<Answer>> }>;

/**
 * Sends chunks in their order, the next ones while the server is at the first. Where one fails in passing, those behind
 * it have nothing to follow: whatever they were answered, they are sent again behind it. No call outlives this.
 */
export const sendChunks = async <Answer>({ from, to, send, take }: ChunkSending<Answer>): Promise<void> => {
  const underWay: Sent<Answer>[] = [];
  let next = from;
  for (;;) {
    for (; next < to && underWay.length < WINDOW; next += 1) {
      const chunk = next;
      underWay.push({ chunk, answer: settled(() => send(chunk)) });
    }
    const first = underWay.shift();
    if (first === undefined) return;
    const { chunk } = first;
    const one = await first.answer;
    if ('answer' in one) take(chunk, one.answer);
    else {
      await Promise.all(underWay.splice(0).map(({ answer }) => answer));
      if (!mayPass(one)) throw one.error;
      take(chunk, await insist(() => send(chunk)));
      next = chunk + 1;
    }
  }
};

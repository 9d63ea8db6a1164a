import type { NightCopy } from '@lacuna/domain/behaviour';
import { hasCode } from '@lacuna/domain/kernel';
import type { NightHold } from '@lacuna/custody';
import type { EventStore, NewEvent } from '@lacuna/event-store';
import { factId } from '../execute/fact-id.js';
import { eventIdOf } from './append-live.js';
import { copyOf, type LateRecord } from './place-records.js';
import { shuffled } from './shuffle.js';
import { nightStream, toCountedOnly, type CoarseFrame } from './stored-behaviour.js';

type Night = Readonly<{ store: EventStore; frame: CoarseFrame; hold: NightHold }>;

const append = async ({ store, frame, hold }: Night, events: readonly NewEvent[]): Promise<void> => {
  const stream = nightStream(frame.tenant, hold.night);
  await store.append({ stream, expected: 'any', events, now: frame.at });
};

/** Counted before, under this very id: in this night, or, for a chunk, in any. */
const appendOnce = async (night: Night, events: readonly NewEvent[]): Promise<'done' | 'reused'> => {
  try {
    await append(night, events);
    return 'done';
  } catch (error) {
    if (hasCode(error, 'EVENT_ID_REUSED')) return 'reused';
    throw error;
  }
};

/**
 * Counts records whose window has closed: all of a request in one append, in no order. Ids are derived under the night
 * key, so that a retry is recognised while the night lasts, and by nobody afterwards. What the first one said stands:
 * nothing sealed for a night is opened before the night is over.
 */
export const countOnly = async (night: Night, late: readonly LateRecord[]): Promise<void> => {
  const { frame, hold } = night;
  const events = new Map(
    late.map(({ record }) => {
      const id = eventIdOf(hold, record.label);
      return [id, toCountedOnly(id, [copyOf(record, hold)], frame, hold)] as const;
    }),
  );
  if (events.size === 0) return;
  const order = shuffled([...events.values()]);
  if ((await appendOnce(night, order)) === 'done') return;
  // Some of them were counted before, perhaps in other company: each is asked for by itself.
  await Promise.all(order.map((event) => appendOnce(night, [event])));
};

/** Sealed and in base64 it must fit into an event (64 KiB): the plaintext stays below this power of two. */
const LIST_BYTES = 32_767;

/** Cuts a list so that each part is small enough to be sealed as one text. */
export const inLists = (
  copies: readonly NightCopy[],
  most = LIST_BYTES,
): readonly (readonly NightCopy[])[] => {
  const lists: NightCopy[][] = [];
  let bytes = 0;
  for (const copy of copies) {
    const size = Buffer.byteLength(JSON.stringify(copy)) + 1;
    if (lists.length === 0 || bytes + size + 1 > most) {
      lists.push([]);
      bytes = 0;
    }
    lists.at(-1)?.push(copy);
    bytes += size;
  }
  return lists;
};

/** The n-th id of a chunk. They stand side by side in the log, so that one may follow from the other. */
const nthId = (chunkId: string, index: number): string =>
  index === 0 ? chunkId : factId(chunkId, String(index));

/**
 * Counts a chunk of an import: the copies of all its rows are one append, named under the import's own key. Whatever
 * night or crash falls between two tries, the log takes it once.
 */
export const countChunk = async (
  night: Night,
  chunkId: string,
  copies: readonly NightCopy[],
): Promise<void> => {
  const { frame, hold } = night;
  const lists = inLists(shuffled(copies));
  if (lists.length === 0) return;
  await appendOnce(
    night,
    lists.map((list, index) => toCountedOnly(nthId(chunkId, index), list, frame, hold)),
  );
};

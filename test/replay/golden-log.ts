import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventStore, RecordedEvent } from '@lacuna/event-store';

type Written = Omit<RecordedEvent, 'position' | 'revision'> &
  Readonly<{ position: string; revision: string }>;

export type GoldenHistory = Readonly<{ name: string; events: readonly RecordedEvent[] }>;

const FOLDER = join(import.meta.dirname, 'histories');

/** The recorded histories beside this file: events as a log held them, positions as decimal strings. */
export const goldenHistories = (): readonly GoldenHistory[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      name: file.replace(/\.json$/, ''),
      events: (JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Written[]).map((event) => ({
        ...event,
        position: BigInt(event.position),
        revision: BigInt(event.revision),
      })),
    }));

/** A finished log: what a replay reads of an event store, over events that stand in a file. */
export const logOf = (
  events: readonly RecordedEvent[],
): Pick<EventStore, 'readAll' | 'readStream' | 'head'> => ({
  async *readAll(after, { batchSize = 1_000, upTo } = {}) {
    const due = events.filter(({ position }) => position > after && (upTo === undefined || position <= upTo));
    for (let start = 0; start < due.length; start += batchSize) {
      const batch = due.slice(start, start + batchSize);
      const position = batch.at(-1)?.position ?? after;
      yield await Promise.resolve({
        events: batch,
        position,
        caughtUp: start + batchSize >= due.length,
      });
    }
  },
  readStream: (stream, { from = 0n } = {}) => {
    const found = events.filter((event) => event.stream === stream);
    return Promise.resolve({
      events: found.filter(({ revision }) => revision >= from),
      last: found.at(-1)?.revision ?? null,
    });
  },
  head: () => Promise.resolve(events.at(-1)?.position ?? 0n),
});

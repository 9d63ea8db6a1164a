import { Client } from 'pg';
import { openLogEnd, type RecordedEvent } from '@lacuna/event-store';
import type { Served } from './served.js';

/** The whole log, read past the product; `url`: where it is not in the database. */
export const wholeLog = async (
  product: Served,
  url: string = product.ownerUrl(),
): Promise<readonly RecordedEvent[]> => {
  const { store, close } = await openLogEnd(url);
  const events: RecordedEvent[] = [];
  try {
    for await (const batch of store.readAll(0n)) events.push(...batch.events);
  } finally {
    await close();
  }
  return events;
};

/** I3, I5: what is wrong with the places of the events; nothing, where the log is whole. */
export const flawsOf = (events: readonly RecordedEvent[]): readonly string[] => {
  const flaws: string[] = [];
  const next = new Map<string, bigint>();
  const ids = new Set<string>();
  let last = 0n;
  for (const { id, stream, revision, position } of events) {
    if (position <= last) flaws.push(`position ${position} after ${last}`);
    if (revision !== (next.get(stream) ?? 0n)) flaws.push(`revision ${revision} in ${stream}`);
    if (ids.has(id)) flaws.push(`event ${id} twice`);
    ids.add(id);
    next.set(stream, revision + 1n);
    last = position;
  }
  return flaws;
};

/** How often each value of a field stands in the events of a type. */
export const countsOf = (
  events: readonly RecordedEvent[],
  type: string,
  field: string,
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { type: found, data } of events) {
    if (found !== type) continue;
    const value = String(data[field]);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
};

/** One query past the product, as the owner of its database. */
export const rowsOf = async <Row extends object>(
  product: Served,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> => {
  const client = new Client({ connectionString: product.ownerUrl() });
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
};

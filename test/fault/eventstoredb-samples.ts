import { openEventStoreDbStore, type ClosableEventStore, type RecordedEvent } from '@lacuna/event-store';
import { startEventStoreDbDouble, type EventStoreDbDouble } from '@lacuna/testing';

export { aRequest, anEvent, aStream, until, wholeLog } from './event-store-samples.js';

/** As its operators must set it up: the port's largest append is 8 MiB. */
const MAX_APPEND = 15 * 1024 * 1024;

type Options = Omit<Parameters<typeof openEventStoreDbStore>[0], 'connectionString'>;

export type World = Readonly<{
  double: EventStoreDbDouble;
  /** A process of its own, as far as the server can tell. */
  open(options?: Options): Promise<ClosableEventStore>;
  end(): Promise<void>;
}>;

export const openWorld = async (
  options: Parameters<typeof startEventStoreDbDouble>[0] = {},
): Promise<World> => {
  const double = await startEventStoreDbDouble({ maxAppendSize: MAX_APPEND, ...options });
  const stores: ClosableEventStore[] = [];
  return {
    double,
    open: async (given = {}) => {
      const store = await openEventStoreDbStore({ connectionString: double.connectionString, ...given });
      stores.push(store);
      return store;
    },
    end: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await double.close();
    },
  };
};

/** I3 and I5 where positions have gaps: they rise, ids are there once, and every stream is 0, 1, 2 ... */
export const expectWhole = (events: readonly RecordedEvent[]): void => {
  const next = new Map<string, bigint>();
  let previous = -1n;
  for (const { position, revision, stream } of events) {
    if (position <= previous || revision !== (next.get(stream) ?? 0n))
      throw new Error(`place ${position.toString()}, revision ${revision.toString()} is out of order`);
    previous = position;
    next.set(stream, revision + 1n);
  }
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
};

import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { reactorSchema } from '@lacuna/application';
import { topics, type TopicDeclaration } from '@lacuna/contracts';
import { streamId } from '@lacuna/domain/kernel';
import {
  createPostgresEventStore,
  eventLogSchema,
  type ClosableEventStore,
  type NewEvent,
} from '@lacuna/event-store';
import { leaseSessions, metaSchema, silentLogger } from '@lacuna/runtime';
import { freshDatabase } from '@lacuna/testing';
import { kafkaPublisher, Relay, relayPosition, type RelayParts } from '../../apps/reactor/src/relay/index.js';

/** A log of its own, and relays over it. */
export type RelayHouse = Readonly<{
  databaseUrl: string;
  store: ClosableEventStore;
  pool: Pool;
  relays: Relay[];
  parts: Pick<RelayParts, 'store' | 'pool' | 'connect' | 'holder'>;
  position(): Promise<bigint>;
  /** Until the relays have come to the head of the log. */
  published(ms?: number): Promise<void>;
  /** Stops what relays run over it, too. */
  close(): Promise<void>;
}>;

const PATIENCE_MS = 60_000;

/** Until what a relay has published of a log is all of it. */
export const untilPublished = async (
  position: () => Promise<bigint>,
  store: Pick<ClosableEventStore, 'head'>,
  ms = PATIENCE_MS,
): Promise<void> => {
  const deadline = performance.now() + ms;
  while ((await position()) < (await store.head())) {
    if (performance.now() > deadline) throw new Error('the relay does not come to the head of the log');
    await sleep(50);
  }
};

// Also of a test that failed, none is left open.
const houses = new Set<RelayHouse>();
afterAll(async () => {
  for (const house of houses) await house.close();
});

export const openRelayHouse = async (): Promise<RelayHouse> => {
  const database = await freshDatabase(eventLogSchema, metaSchema, reactorSchema);
  const connectionString = database.runtimeUrl;
  const store = createPostgresEventStore({ connectionString });
  const pool = new Pool({ connectionString, max: 2 });
  pool.on('error', () => undefined);
  const position = async (): Promise<bigint> => relayPosition(pool);
  const relays: Relay[] = [];
  const house: RelayHouse = {
    databaseUrl: connectionString,
    store,
    pool,
    relays,
    parts: { store, pool, connect: leaseSessions(connectionString), holder: 'relay-house' },
    position,
    published: (ms) => untilPublished(position, store, ms),
    close: async () => {
      if (!houses.delete(house)) return;
      for (const relay of relays) await relay.stop();
      await store.close();
      await pool.end();
      await database.drop();
    },
  };
  houses.add(house);
  return house;
};

/**
 * The topics as they are, but that nothing is ever taken out of them: every record can be counted. (A compacted topic
 * drops what a later record of the key replaces, as soon as a broker that comes back has begun a new segment.)
 */
export const everyRecordKept = (replicationFactor: number): readonly TopicDeclaration[] =>
  topics({ replicationFactor, simulatedClock: true }).map((declared) => ({
    ...declared,
    config: { ...declared.config, 'cleanup.policy': 'delete', 'retention.ms': '-1' },
  }));

/** A relay in this process, to brokers that hold each record so often. */
export const relayTo = (
  { parts, relays }: RelayHouse,
  brokers: readonly string[],
  more: Partial<RelayParts> & Readonly<{ declared?: readonly TopicDeclaration[] }> = {},
): Relay => {
  const { declared = everyRecordKept(brokers.length), ...rest } = more;
  const openPublisher = kafkaPublisher({ brokers, declared, logger: silentLogger });
  const relay = new Relay({ ...parts, openPublisher, ...rest });
  relays.push(relay);
  return relay;
};

const metadata: NewEvent['metadata'] = {
  tenant: 'car-club',
  occurredAt: '1998-07-01T01:00:00.000Z',
  actor: { id: 'integrator-1', role: 'integrator' },
  processing: {
    channel: 'registration',
    lawfulBasis: 'contract',
    purposes: ['service'],
    noticeVersion: '2026-01',
    provenance: 'subject',
  },
  policy: 'car-club@1',
};

const newEvent = (type: string, data: NewEvent['data']): NewEvent => ({
  id: randomUUID(),
  type,
  schemaVersion: 1,
  data,
  metadata,
});

export const sealedText = (): Readonly<{ sealed: string }> => ({
  sealed: randomBytes(256).toString('base64url'),
});

/** What somebody's stream may hold next: their registration, then one request for a correction after the other. */
export const memberEvents = (memberId: string, from: number, count: number): readonly NewEvent[] =>
  Array.from({ length: count }, (_, index) =>
    from + index === 0
      ? newEvent('MemberRegistered', { memberId, name: sealedText(), mobile: sealedText() })
      : newEvent('CorrectionRequested', {
          memberId,
          correctionId: randomUUID(),
          fields: ['plate'],
          changes: { plate: sealedText() },
        }),
  );

export const erasedEvents = (memberId: string): readonly NewEvent[] => [
  newEvent('MemberErased', {
    memberId,
    erasureId: randomUUID(),
    categories: ['basic'],
    destroyedAt: '1998-07-02T01:00:00.000Z',
  }),
];

/** Appends at the end of a member's stream. */
export const appendTo = async (
  { store }: Pick<RelayHouse, 'store'>,
  memberId: string,
  events: readonly NewEvent[],
): Promise<void> => {
  const stream = streamId('car-club', 'member', memberId);
  await store.append({ stream, expected: 'any', events, now: metadata.occurredAt });
};

export type Load = Readonly<{ events: number; members: number; perAppend: number }>;

/** Appends to members' streams in turn, some at once, never two to the same; gives the ids of all events. */
export const appendLoad = async (
  house: Pick<RelayHouse, 'store'>,
  { events, members, perAppend }: Load,
  signal?: AbortSignal,
): Promise<readonly string[]> => {
  const ids: string[] = [];
  const lanes = Math.min(32, members);
  const each = Math.floor(members / lanes);
  const rounds = Math.ceil(events / (lanes * each * perAppend));
  const lane = async (): Promise<void> => {
    const own = Array.from({ length: each }, () => randomUUID());
    for (let round = 0; round < rounds; round += 1)
      for (const memberId of own) {
        if (signal?.aborted) return;
        const next = memberEvents(memberId, round * perAppend, perAppend);
        await appendTo(house, memberId, next);
        for (const { id } of next) ids.push(id);
      }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return ids;
};

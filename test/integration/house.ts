import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { CommandBus, QueryBus, type Command, type Query } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { Pool } from 'pg';
import {
  ApplicationModule,
  CLOCK,
  createReactor,
  createWorkStore,
  describeDestruction,
  POLICY_PACKS,
  PORTS,
  READ_RECORDER,
  reactorSchema,
  soleTurn,
  type Caller,
  type Ports,
  type ReadRecorder,
  type Reactor,
  type ReactorParts,
  type RequestFrame,
} from '@lacuna/application';
import {
  createCustody,
  createFileKms,
  CUSTODY,
  custodySchema,
  type Custody,
  type CustodyService,
} from '@lacuna/custody';
import { packFrom, type PolicyPack } from '@lacuna/domain/policy';
import {
  createPostgresEventStore,
  EVENT_STORE,
  eventLogSchema,
  type ClosableEventStore,
  type EventStore,
} from '@lacuna/event-store';
import {
  createProjectionRunner,
  openViewQueries,
  viewsSchema,
  type ProjectionRunner,
  type ViewQueries,
} from '@lacuna/projections';
import { metaSchema, openClock, type StoreClock } from '@lacuna/runtime';
import { carClubSource, freshDatabase, type FreshDatabase, type PackChanges } from '@lacuna/testing';
import { deadlineView } from '../../apps/reactor/src/index.js';

export const START = '1998-06-30T16:00:00.000Z';

/** A second pair of hands on the same store: a process of its own, as far as the stores can tell. */
export type Instance = Readonly<{
  ports: Ports;
  store: ClosableEventStore;
  custody: CustodyService;
  clock: StoreClock;
  reactor: Reactor;
  parts: ReactorParts;
  run<Answer>(command: Command<Answer>): Promise<Answer>;
  ask<Answer>(query: Query<Answer>): Promise<Answer>;
  reads: ReadRecorder;
  close(): Promise<void>;
}>;

export type House = Instance &
  Readonly<{
    database: FreshDatabase;
    /** Where the key-encryption keys lie: for processes beside this one. */
    keyFile: string;
    pool: Pool;
    queries: ViewQueries;
    runner: ProjectionRunner;
    /** Another process on the same store; `wrap` may cut, stall or break what it does. */
    instance(wrap?: Wrap): Promise<Instance>;
    drop(): Promise<void>;
  }>;

export type Wrap = Readonly<{
  store?: (store: EventStore) => EventStore;
  custody?: (custody: Custody) => Custody;
}>;

export type HouseOptions = Readonly<{
  /** Where a simulated clock starts; null: a real one. */
  from?: string | null;
  changes?: PackChanges;
  /** The log, if it is not the one of the database. */
  openLog?: () => Promise<ClosableEventStore>;
}>;

const packsOf = async (changes: PackChanges): Promise<ReadonlyMap<string, PolicyPack>> => {
  const own = packFrom(await carClubSource(changes));
  const other = packFrom(await carClubSource({ ...changes, pack: 'other-club' }));
  return new Map([
    ['car-club', own],
    ['other-club', other],
  ]);
};

const applicationOf = (parts: Omit<Ports, 'confirmations'>): Promise<INestApplicationContext> => {
  const providers = [
    { provide: EVENT_STORE, useValue: parts.store },
    { provide: CUSTODY, useValue: parts.custody },
    { provide: CLOCK, useValue: parts.clock },
    { provide: POLICY_PACKS, useValue: parts.packs },
  ];
  @Global()
  @Module({ providers, exports: providers })
  class Outside {}
  return Test.createTestingModule({ imports: [Outside, ApplicationModule] })
    .compile()
    .then((module) => module.init());
};

type Shared = Readonly<{
  connectionString: string;
  keys: string;
  pool: Pool;
  packs: ReadonlyMap<string, PolicyPack>;
  queries: ViewQueries;
  openLog: () => Promise<ClosableEventStore>;
}>;

const keyFileIn = (keys: string): string => join(keys, 'keys.json');

const openInstance = async (shared: Shared, from: string | null, wrap: Wrap): Promise<Instance> => {
  const { connectionString, keys, pool, packs, queries } = shared;
  const store = await shared.openLog();
  const kms = createFileKms({ file: keyFileIn(keys), backupFile: `${keyFileIn(keys)}.backup` });
  const custody = await createCustody({ connectionString, kms });
  const clock = await openClock(pool, from);
  const app = await applicationOf({
    store: wrap.store?.(store) ?? store,
    custody: wrap.custody?.(custody) ?? custody,
    clock,
    packs,
  });
  const ports = app.get<Ports>(PORTS);
  const work = createWorkStore(pool, soleTurn);
  const parts = { ports, clock, work, deadlines: deadlineView(queries), turn: soleTurn };
  let closed: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await app.close();
    await custody.close();
    await store.close();
  };
  return {
    ports,
    store,
    custody,
    clock,
    parts,
    reactor: createReactor(parts),
    run: (command) => app.get(CommandBus).execute(command),
    ask: (query) => app.get(QueryBus).execute(query),
    reads: app.get<ReadRecorder>(READ_RECORDER),
    // A dead process is closed when it dies, and once more with the house.
    close: () => (closed ??= close()),
  };
};

/** Everything but the transport, on a real PostgreSQL, as the runtime role. */
export const openHouse = async ({
  from = START,
  changes = {},
  openLog: given,
}: HouseOptions = {}): Promise<House> => {
  const database = await freshDatabase(eventLogSchema, custodySchema, viewsSchema, metaSchema, reactorSchema);
  const keys = await mkdtemp(join(tmpdir(), 'lacuna-keys-'));
  const connectionString = database.runtimeUrl;
  const pool = new Pool({ connectionString });
  // Its connections are still taking their leave when the database is dropped under them.
  pool.on('error', () => undefined);
  const openLog = given ?? (() => Promise.resolve(createPostgresEventStore({ connectionString })));
  const viewStore = await openLog();
  const runner = createProjectionRunner({ databaseUrl: connectionString, store: viewStore });
  runner.start();
  const queries = await openViewQueries(connectionString, viewStore);
  const shared = { connectionString, keys, pool, packs: await packsOf(changes), queries, openLog };
  const first = await openInstance(shared, from, {});
  await first.custody.compareWithLog(first.store, describeDestruction);
  const opened = [first];
  return {
    ...first,
    database,
    keyFile: keyFileIn(keys),
    pool,
    queries,
    runner,
    instance: async (wrap = {}) => {
      const made = await openInstance(shared, null, wrap);
      opened.push(made);
      return made;
    },
    drop: async () => {
      await runner.stop();
      await queries.close();
      for (const one of opened) await one.close();
      await viewStore.close();
      await pool.end();
      await database.drop();
      await rm(keys, { recursive: true, force: true });
    },
  };
};

export const callerAs = (role: string, more: Partial<Caller> = {}): Caller => ({
  tenant: 'car-club',
  actorId: `${role}-1`,
  role,
  roles: [role],
  client: 'crm',
  ...more,
});

let requests = 0;

/** A request of its own, unless it is given an id. */
export const frameAs = (
  role: string,
  requestId = `request-${String(++requests)}`,
  more: Partial<Caller> = {},
): RequestFrame => ({
  caller: callerAs(role, more),
  requestId,
  processing: {
    channel: 'registration',
    lawfulBasis: 'contract',
    purposes: ['service'],
    noticeVersion: '2026-01',
    provenance: 'subject',
  },
});

let people = 0;

/** Somebody new: a telephone and customer number that nobody else has. */
export const somebody = () => {
  people += 1;
  const number = String(people).padStart(8, '0');
  return { name: '杜楠炎', mobile: `199${number}`, customerNumber: number } as const;
};

export const eventsOf = async ({ store }: Pick<Instance, 'store'>, stream: string) =>
  (await store.readStream(stream)).events;

export const typesOf = async (house: Pick<Instance, 'store'>, stream: string): Promise<readonly string[]> =>
  (await eventsOf(house, stream)).map(({ type }) => type);

export const memberStreamOf = (memberId: string, tenant = 'car-club'): string =>
  `${tenant}.member-${memberId}`;

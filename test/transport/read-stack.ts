import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Pool } from 'pg';
import {
  ApplicationModule,
  CLOCK,
  POLICY_PACKS,
  REACTOR,
  reactorSchema,
  type Reactor,
} from '@lacuna/application';
import { protoPackages } from '@lacuna/contracts';
import { createCustody, createFileKms, CUSTODY, custodySchema, type Custody } from '@lacuna/custody';
import type { PolicyPack } from '@lacuna/domain/policy';
import { createPostgresEventStore, eventLogSchema, EVENT_STORE, type EventStore } from '@lacuna/event-store';
import { viewsSchema } from '@lacuna/projections';
import { HealthRegistry, metaSchema, openClock, readCursorKey, type DemoIssuer } from '@lacuna/runtime';
import { carClub, freshDatabase } from '@lacuna/testing';
import { CommandApiModule } from '../../apps/command-api/src/index.js';
import { HEALTH, HealthController } from '../../apps/host/src/index.js';
import { ProjectorModule } from '../../apps/projector/src/index.js';
import {
  CURSOR_KEY,
  DEMO_ISSUER,
  QueryApiModule,
  SERVER_STATE,
  SUBSCRIPTION_RULES,
  type ServerState,
  type SubscriptionRules,
} from '../../apps/query-api/src/index.js';
import { AdminController, ReactorModule } from '../../apps/reactor/src/index.js';
import { startTestServer, type ServerLimits, type TestServer } from './grpc-harness.js';

/** The whole product over one real database: log, custody, views, reactor, both APIs. */
export type ReadStack = Readonly<{
  server: TestServer;
  store: EventStore;
  custody: Custody;
  reactor: Reactor;
  health: HealthRegistry;
  stop(): Promise<void>;
}>;

@Global()
@Module({ imports: [ApplicationModule], exports: [ApplicationModule] })
class SharedApplication {}

// What the host brings, and the service of the reactor app, without the reactor at work.
@Module({ controllers: [AdminController, HealthController] })
class World {
  static of(values: ReadonlyMap<symbol, unknown>): DynamicModule {
    const providers = [...values].map(([provide, useValue]) => ({ provide, useValue }));
    return { module: World, global: true, providers, exports: providers };
  }
}

/** Places of the pack file with other values: a number that stands in the pack and nowhere else. */
type PackChange = Parameters<typeof carClub>[0];

/** Both tenants live by the car club's pack. */
const packsOf = (pack: PolicyPack): ReadonlyMap<string, PolicyPack> =>
  new Map([
    ['car-club', pack],
    ['other-club', pack],
  ]);

const serverStateOf = (store: EventStore): ServerState => ({
  version: '0.0.0-test',
  logCounts: async () => ({ streams: 0, events: 0, head: String(await store.head()) }),
  operation: () => Promise.resolve({ processors: [], warnings: ['a warning'] }),
});

const RULES: SubscriptionRules = { perTenant: 3, keepAliveMs: 200, lastsMs: 60_000 };

/** Limits that a test meets, and what stands between the product and its stores. */
export type StackOptions = Readonly<{
  limits?: ServerLimits;
  subscriptions?: SubscriptionRules;
  wrap?: Readonly<{ store?: (store: EventStore) => EventStore; custody?: (custody: Custody) => Custody }>;
}>;

const PLAIN: Required<StackOptions> = { limits: {}, wrap: {}, subscriptions: RULES };

export const startReadStack = async (
  issuer: DemoIssuer | null = null,
  change: PackChange = {},
  options: StackOptions = {},
): Promise<ReadStack> => {
  const { limits, wrap, subscriptions } = { ...PLAIN, ...options };
  const database = await freshDatabase(metaSchema, eventLogSchema, custodySchema, reactorSchema, viewsSchema);
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-reads-'));
  const pool = new Pool({ connectionString: database.runtimeUrl, max: 2 });
  pool.on('error', () => undefined);
  const store = createPostgresEventStore({ connectionString: database.runtimeUrl });
  const kms = createFileKms({ file: join(folder, 'kek.json'), backupFile: join(folder, 'kek.backup.json') });
  const custody = await createCustody({ connectionString: database.runtimeUrl, kms });
  const health = new HealthRegistry();
  const values = new Map<symbol, unknown>([
    [CLOCK, await openClock(pool, '1998-07-01T00:00:00.000Z')],
    [CUSTODY, wrap.custody?.(custody) ?? custody],
    [EVENT_STORE, wrap.store?.(store) ?? store],
    [POLICY_PACKS, packsOf(await carClub(change))],
    [HEALTH, health],
    [DEMO_ISSUER, issuer],
    [CURSOR_KEY, await readCursorKey(pool)],
    [SUBSCRIPTION_RULES, subscriptions],
    [SERVER_STATE, serverStateOf(store)],
  ]);
  const modules = [
    World.of(values),
    SharedApplication,
    ProjectorModule.forRoot({ databaseUrl: database.runtimeUrl }),
    ReactorModule.forRoot({ pool }),
    CommandApiModule,
    QueryApiModule,
  ];
  const server = await startTestServer(protoPackages, modules, limits);
  return {
    server,
    store,
    custody,
    reactor: server.app.get<Reactor>(REACTOR, { strict: false }),
    health,
    stop: async () => {
      await server.stop();
      await store.close();
      await custody.close();
      await pool.end();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
};

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Global, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, type Command } from '@nestjs/cqrs';
import { Pool } from 'pg';
import {
  ApplicationModule,
  CLOCK,
  POLICY_PACKS,
  PORTS,
  reactorSchema,
  type Ports,
} from '@lacuna/application';
import { createCustody, createFileKms, CUSTODY, custodySchema, type CustodyService } from '@lacuna/custody';
import { packFrom } from '@lacuna/domain/policy';
import { startEmbeddedDatabase } from '@lacuna/embedded-database';
import { createPostgresEventStore, EVENT_STORE, eventLogSchema, type EventStore } from '@lacuna/event-store';
import { viewsSchema } from '@lacuna/projections';
import { metaSchema, openClock, readPackFile } from '@lacuna/runtime';
import { freshDatabase } from '@lacuna/testing';
import { withClient } from './floors.js';
import { TENANT } from './people.js';

/** A PostgreSQL of the bench's own, in a temporary folder that goes with it. */
export type Server = Readonly<{ stop(): Promise<void> }>;

export const startServer = async (): Promise<Server> => {
  const folder = await mkdtemp(join(tmpdir(), 'lacuna-bench-'));
  // Room for 256 plain inserts at once beside the product's own few connections; all else as the product has it.
  const database = await startEmbeddedDatabase({ folder, settings: { max_connections: '300' } });
  process.env['LACUNA_TEST_DATABASE_URL'] = database.url;
  return {
    stop: async () => {
      await database.stop();
      await rm(database.folder, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Everything but the transport, as the runtime role: stores, custody, a real clock, the handlers on their bus. */
export type House = Readonly<{
  ownerUrl: string;
  runtimeUrl: string;
  store: EventStore;
  custody: CustodyService;
  ports: Ports;
  /** What an app of its own needs to run on the same stores. */
  modules: readonly Type[];
  run<Answer>(command: Command<Answer>): Promise<Answer>;
  close(): Promise<void>;
}>;

const PACK_FILE = fileURLToPath(new URL('../../infra/policy-packs/car-club.yaml', import.meta.url));

const outside = (parts: Omit<Ports, 'confirmations'>): Type => {
  const providers = [
    { provide: EVENT_STORE, useValue: parts.store },
    { provide: CUSTODY, useValue: parts.custody },
    { provide: CLOCK, useValue: parts.clock },
    { provide: POLICY_PACKS, useValue: parts.packs },
  ];
  @Global()
  @Module({ providers, exports: providers })
  class Outside {}
  return Outside;
};

const contextOf = (modules: readonly Type[]): Promise<INestApplicationContext> => {
  @Module({ imports: [...modules] })
  class InProcess {}
  return NestFactory.createApplicationContext(InProcess);
};

/** A database of its own on the bench's server, and the command side on it. */
export const openHouse = async (): Promise<House> => {
  const database = await freshDatabase(eventLogSchema, custodySchema, viewsSchema, metaSchema, reactorSchema);
  const keys = await mkdtemp(join(tmpdir(), 'lacuna-bench-keys-'));
  const connectionString = database.runtimeUrl;
  const pool = new Pool({ connectionString, max: 1 });
  const clock = await openClock(pool, null);
  const store = createPostgresEventStore({ connectionString });
  const kms = createFileKms({ file: join(keys, 'keys.json'), backupFile: join(keys, 'backup.json') });
  const custody = await createCustody({ connectionString, kms });
  const packs = new Map([[TENANT, packFrom(await readPackFile(PACK_FILE))]]);
  const modules = [outside({ store, custody, clock, packs }), ApplicationModule];
  const app = await contextOf(modules);
  const commands = app.get(CommandBus);
  return {
    ownerUrl: database.ownerUrl,
    runtimeUrl: database.runtimeUrl,
    store,
    custody,
    ports: app.get<Ports>(PORTS),
    modules,
    run: (command) => commands.execute(command),
    close: async () => {
      await app.close();
      await custody.close();
      await store.close();
      await pool.end();
      await database.drop();
      await rm(keys, { recursive: true, force: true });
    },
  };
};

/** The mean size of a stored event of a type: all columns, as the row has them. */
export const storedBytes = (url: string, type: string): Promise<number> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ bytes: number | null }>(
      `SELECT avg(octet_length(body) + octet_length(stream) + octet_length(type) + octet_length(recorded_at) + 32)::int
              AS bytes
         FROM (SELECT * FROM log.events WHERE type = $1 LIMIT 500) e`,
      [type],
    );
    return rows[0]?.bytes ?? 0;
  });

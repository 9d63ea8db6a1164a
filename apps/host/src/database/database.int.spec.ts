import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventLogSchema } from '@lacuna/event-store';
import {
  createLogger,
  loadConfig,
  Metrics,
  metaSchema,
  Shutdown,
  type AppName,
  type Config,
} from '@lacuna/runtime';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { connectDatabase } from './connect-database.js';
import { openParts } from '../open-parts.js';
import { vocabularyOf } from '../telemetry/telemetry.js';
import { prepareDatabase } from './prepare-database.js';
import { schemaParts } from './schema-parts.js';

let database: FreshDatabase;
let home: string;
beforeEach(async () => {
  database = await freshDatabase();
  home = mkdtempSync(join(tmpdir(), 'lacuna-home-'));
});
afterEach(async () => {
  await database.drop();
  rmSync(home, { recursive: true });
});

const configFor = (environment: Readonly<Record<string, string>>, app?: AppName): Config =>
  loadConfig({ LACUNA_HOME: home, ...environment }, process.cwd(), app);

const run = async (
  url: string,
  ...statements: readonly string[]
): Promise<readonly Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    let rows: readonly Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
    return rows;
  } finally {
    await client.end();
  }
};

const dropRole = async (role: string): Promise<void> => {
  await run(database.ownerUrl, `DROP OWNED BY ${role}`, `DROP ROLE ${role}`);
};

it('runs the product as a role that cannot change the log, its password random and kept 0600', async () => {
  const config = configFor({ DATABASE_URL: database.ownerUrl });
  const first = await prepareDatabase(database.ownerUrl, config, [metaSchema, eventLogSchema]);
  expect(first.warnings).toEqual([]);
  const [me] = await run(
    first.runtimeUrl,
    'SELECT current_user AS role, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super',
  );
  const role = String(me?.['role']);
  expect(me).toEqual({ role: expect.stringMatching(/^lacuna_runtime_lacuna_/) as string, super: false });
  await expect(run(first.runtimeUrl, 'DELETE FROM log.events')).rejects.toThrow(/permission denied/);
  await expect(run(first.runtimeUrl, 'CREATE TABLE log.intruder (id int)')).rejects.toThrow(
    /permission denied/,
  );
  expect(statSync(join(home, 'runtime-role.json')).mode & 0o777).toBe(0o600);

  const again = await prepareDatabase(database.ownerUrl, config, [metaSchema, eventLogSchema]);
  expect([again.runtimeUrl, again.applied]).toEqual([first.runtimeUrl, []]);
  await dropRole(role);
});

it('gives the role a new password where the file with the old one is gone', async () => {
  const config = configFor({ DATABASE_URL: database.ownerUrl });
  const first = await prepareDatabase(database.ownerUrl, config, [metaSchema]);
  rmSync(join(home, 'runtime-role.json'));
  const second = await prepareDatabase(database.ownerUrl, config, [metaSchema]);
  expect(second.runtimeUrl).not.toBe(first.runtimeUrl);
  expect([first.tookRoleOver, second.tookRoleOver]).toEqual([false, true]);
  expect(await run(second.runtimeUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await dropRole(new URL(second.runtimeUrl).username);
});

it('a second one at the same time waits, for the role too, and both leave a product that runs', async () => {
  const config = configFor({ DATABASE_URL: database.ownerUrl });
  const all = await Promise.all(
    [1, 2, 3].map(() => prepareDatabase(database.ownerUrl, config, [metaSchema, eventLogSchema])),
  );
  expect(all.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  expect(new Set(all.map(({ runtimeUrl }) => runtimeUrl)).size).toBe(1);
  expect(all.map(({ tookRoleOver }) => tookRoleOver)).toEqual([false, false, false]);
  expect(connectDatabase(config).runtimeUrl).toBe(all[0]?.runtimeUrl);
  expect(await run(all[0]!.runtimeUrl, 'SELECT count(*)::int AS n FROM log.events')).toEqual([{ n: 0 }]);
  await dropRole(new URL(all[0]!.runtimeUrl).username);
});

it('from two homes at the same time, whose apps get in has been said: the one that took the role over', async () => {
  const config = configFor({ DATABASE_URL: database.ownerUrl });
  const elsewhere = { ...config, home: mkdtempSync(join(tmpdir(), 'lacuna-home-')) };
  const both = await Promise.all(
    [config, elsewhere].map((one) => prepareDatabase(database.ownerUrl, one, [metaSchema])),
  );
  const [last, ...others] = both.filter(({ tookRoleOver }) => tookRoleOver);
  expect(others).toEqual([]);
  expect(await run(last!.runtimeUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await dropRole(new URL(last!.runtimeUrl).username);
  rmSync(elsewhere.home, { recursive: true });
});

it('a migration that fails leaves the role with the password that runs', async () => {
  const config = configFor({ DATABASE_URL: database.ownerUrl });
  const { runtimeUrl } = await prepareDatabase(database.ownerUrl, config, [metaSchema]);
  await run(database.ownerUrl, 'CREATE SCHEMA log', 'CREATE TABLE log.events (id int)');
  rmSync(join(home, 'runtime-role.json'));
  await expect(prepareDatabase(database.ownerUrl, config, [metaSchema, eventLogSchema])).rejects.toThrow();
  expect(await run(runtimeUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await dropRole(new URL(runtimeUrl).username);
});

it('says loudly where the owner may not create roles, and takes a runtime role that is given', async () => {
  const name = `${new URL(database.ownerUrl).pathname.slice(1)}_plain`;
  await run(
    database.ownerUrl,
    `CREATE ROLE ${name}_owner LOGIN PASSWORD 'Owner-7261'`,
    `CREATE ROLE ${name}_app LOGIN PASSWORD 'App-7261'`,
    `CREATE DATABASE ${name} OWNER ${name}_owner`,
  );
  const urlOf = (role: string, password: string): string => {
    const url = new URL(database.ownerUrl);
    [url.pathname, url.username, url.password] = [`/${name}`, role, password];
    return url.href;
  };
  const owner = urlOf(`${name}_owner`, 'Owner-7261');
  const app = urlOf(`${name}_app`, 'App-7261');
  const parts = [metaSchema, eventLogSchema];
  const alone = await prepareDatabase(owner, configFor({ DATABASE_URL: owner }), parts);
  expect(alone.runtimeUrl).toBe(owner);
  expect(alone.warnings).toEqual([expect.stringContaining('may not create roles')]);
  // So does an app of its own that comes later.
  expect(connectDatabase(configFor({ DATABASE_URL: owner }, 'query-api'))).toEqual({
    runtimeUrl: owner,
    warnings: alone.warnings,
  });

  const given = await prepareDatabase(
    owner,
    configFor({ DATABASE_URL: owner, LACUNA_RUNTIME_DATABASE_URL: app }),
    parts,
  );
  expect(given.warnings).toEqual([]);
  expect(await run(given.runtimeUrl, 'SELECT count(*)::int AS n FROM log.events')).toEqual([{ n: 0 }]);
  await expect(run(given.runtimeUrl, 'DELETE FROM log.events')).rejects.toThrow(/permission denied/);
  await run(database.ownerUrl, `DROP DATABASE ${name}`, `DROP ROLE ${name}_owner`, `DROP ROLE ${name}_app`);
});

it('keeps no password in clear in what it sends', async () => {
  writeFileSync(
    join(home, 'runtime-role.json'),
    JSON.stringify({ role: 'other', password: 'of-another-database' }),
  );
  const opened = await prepareDatabase(database.ownerUrl, configFor({ DATABASE_URL: database.ownerUrl }), [
    metaSchema,
  ]);
  const { role, password } = JSON.parse(readFileSync(join(home, 'runtime-role.json'), 'utf8')) as Record<
    string,
    string
  >;
  expect(password).not.toBe('of-another-database');
  const [stored] = await run(
    database.ownerUrl,
    `SELECT rolpassword FROM pg_authid WHERE rolname = '${role}'`,
  );
  expect(stored?.['rolpassword']).toMatch(/^SCRAM-SHA-256\$4096:/);
  expect(opened.runtimeUrl).toContain(password);
  await dropRole(role!);
});

it('an app of its own runs as the role that was kept where it was migrated, and makes none', async () => {
  const config = configFor({ DATABASE_URL: database.ownerUrl }, 'projector');
  expect(() => connectDatabase(config)).toThrow(/LACUNA_RUNTIME_DATABASE_URL: .*lacuna migrate/);
  const { runtimeUrl } = await prepareDatabase(database.ownerUrl, config, [metaSchema]);
  expect(connectDatabase(config).runtimeUrl).toBe(runtimeUrl);
  const given = { LACUNA_RUNTIME_DATABASE_URL: 'postgres://app:Zk93-hw2@db/club' };
  expect(connectDatabase(configFor(given, 'projector')).runtimeUrl).toBe(given.LACUNA_RUNTIME_DATABASE_URL);
  expect(() => connectDatabase(configFor({}, 'projector'))).toThrow(/lacuna database/);
  await dropRole(new URL(runtimeUrl).username);
});

it('an app starts on no schema but its own: older or newer, it ends with exit 3 and says which', async () => {
  const config = configFor({ DATABASE_URL: database.ownerUrl }, 'projector');
  const shutdown = new Shutdown(createLogger({ level: 'fatal', file: null }));
  const opened = async (runtimeUrl: string): Promise<unknown> => {
    try {
      const ground = { database: { runtimeUrl }, metrics: new Metrics(vocabularyOf('projector')) };
      await openParts({ opensCustody: false }, config, ground, shutdown);
      return null;
    } catch (error) {
      return error;
    } finally {
      await shutdown.run('tried');
    }
  };
  const { runtimeUrl } = await prepareDatabase(database.ownerUrl, config, schemaParts.slice(0, -1));
  expect(await opened(runtimeUrl)).toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(
      /^DATABASE_URL: its schema is older .* it lacks CreateViewBooks\d+/,
    ) as string,
  });
  await run(database.ownerUrl, `INSERT INTO lacuna_migrations (timestamp, name) VALUES (1, 'OfTomorrow1')`);
  await prepareDatabase(database.ownerUrl, config, schemaParts);
  expect(await opened(runtimeUrl)).toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(/^DATABASE_URL: its schema is newer .* not know OfTomorrow1/) as string,
  });
  await dropRole(new URL(runtimeUrl).username);
});

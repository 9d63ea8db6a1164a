import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventLogSchema } from '@lacuna/event-store';
import { loadConfig, metaSchema, type Config } from '@lacuna/runtime';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { openDatabase } from './open-database.js';

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

const configFor = (environment: Readonly<Record<string, string>>): Config =>
  loadConfig({ LACUNA_HOME: home, ...environment }, process.cwd());

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
  const first = await openDatabase(config, [metaSchema, eventLogSchema]);
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

  const again = await openDatabase(config, [metaSchema, eventLogSchema]);
  expect([again.runtimeUrl, again.applied]).toEqual([first.runtimeUrl, []]);
  await dropRole(role);
});

it('gives the role a new password where the file with the old one is gone', async () => {
  const config = configFor({ DATABASE_URL: database.ownerUrl });
  const first = await openDatabase(config, [metaSchema]);
  rmSync(join(home, 'runtime-role.json'));
  const second = await openDatabase(config, [metaSchema]);
  expect(second.runtimeUrl).not.toBe(first.runtimeUrl);
  expect(await run(second.runtimeUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await dropRole(new URL(second.runtimeUrl).username);
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
  const alone = await openDatabase(configFor({ DATABASE_URL: owner }), parts);
  expect(alone.runtimeUrl).toBe(owner);
  expect(alone.warnings).toEqual([expect.stringContaining('may not create roles')]);

  const given = await openDatabase(
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
  const opened = await openDatabase(configFor({ DATABASE_URL: database.ownerUrl }), [metaSchema]);
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

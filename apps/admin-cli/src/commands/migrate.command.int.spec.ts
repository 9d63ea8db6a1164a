import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Client } from 'pg';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { runCli } from '../run.js';

let database: FreshDatabase;
const homes: string[] = [];
const freshHome = (): string => {
  const home = mkdtempSync(join(tmpdir(), 'lacuna-migrate-'));
  homes.push(home);
  return home;
};
beforeEach(async () => {
  database = await freshDatabase();
});
const asOwner = async (...statements: readonly string[]): Promise<void> => {
  const owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  for (const statement of statements) await owner.query(statement);
  await owner.end();
};
const nameOf = (): string => new URL(database.ownerUrl).pathname.slice(1);
afterEach(async () => {
  jest.restoreAllMocks();
  await database.drop();
  for (const home of homes.splice(0)) rmSync(home, { recursive: true });
});

type Migrated = Readonly<{ applied?: readonly string[]; error?: unknown }>;

/** `npx lacuna migrate` from each of these homes at the same time: exit codes, and what was written. */
const migrateFrom = async (from: readonly string[], url = database.ownerUrl) => {
  const written: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text: string | Uint8Array) => {
    written.push(String(text));
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const codes = await Promise.all(
    from.map((home) =>
      runCli(['--json', 'migrate'], { LACUNA_HOME: home, DATABASE_URL: url }, process.cwd()),
    ),
  );
  return { codes, documents: written.map((text) => JSON.parse(text) as Migrated) };
};

it.each([
  ['one home', (home: string) => home],
  ['two homes', () => freshHome()],
])('twice at once, from %s: the second waits, and finds nothing to do', async (_which, otherOf) => {
  const home = freshHome();
  const { codes, documents } = await migrateFrom([home, otherOf(home)]);
  expect([codes, documents.map(({ error }) => error)]).toEqual([
    [0, 0],
    [undefined, undefined],
  ]);
  const [few, many] = documents.map(({ applied }) => applied?.length ?? -1).toSorted((a, b) => a - b);
  expect([few, many! > 5]).toEqual([0, true]);
  await asOwner(`DROP OWNED BY lacuna_runtime_${nameOf()}`, `DROP ROLE lacuna_runtime_${nameOf()}`);
});

it('says what is wrong with a database that it cannot use', async () => {
  const name = `${nameOf()}_latin`;
  await asOwner(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`);
  const url = new URL(database.ownerUrl);
  url.pathname = `/${name}`;
  const { codes, documents } = await migrateFrom([freshHome()], url.href);
  expect(codes).toEqual([2]);
  expect(documents).toEqual([
    { error: { code: 'CONFIG_INVALID', message: 'DATABASE_URL: the database must be encoded in UTF8' } },
  ]);
  await asOwner(`DROP DATABASE ${name}`);
});

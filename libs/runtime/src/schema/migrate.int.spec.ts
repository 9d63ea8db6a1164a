import { Client, Pool } from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { migrate, schemaDifference, type SchemaPart } from '@lacuna/runtime';

class First1795305600900 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE first (id int)');
    await runner.query('SELECT pg_sleep(0.3)');
  }
  async down(): Promise<void> {}
}

class Second1795305600901 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE second (id int)');
  }
  async down(): Promise<void> {}
}

class Failing1795305600902 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE first ADD COLUMN more int');
    await runner.query('SELECT 1 / 0');
  }
  async down(): Promise<void> {}
}

const part = (...migrations: SchemaPart['migrations']): SchemaPart => ({
  name: 'tried',
  migrations,
  grants: () => [],
});

let database: FreshDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await freshDatabase();
  pool = new Pool({ connectionString: database.runtimeUrl, max: 1 });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const roleOf = (url: string): string => new URL(url).username;

it('a second migrator waits for the first, and finds nothing to do', async () => {
  const parts = [part(First1795305600900, Second1795305600901)];
  const [one, other] = await Promise.all([
    migrate(database.ownerUrl, parts, roleOf(database.runtimeUrl)),
    migrate(database.ownerUrl, parts, roleOf(database.runtimeUrl)),
  ]);
  expect([one.applied.length, other.applied.length].toSorted()).toEqual([0, 2]);
  expect(await schemaDifference(pool, parts)).toEqual({ missing: [], unknown: [] });
});

it('a failed migration leaves the version before it whole, and its lock free', async () => {
  const old = [part(First1795305600900)];
  await migrate(database.ownerUrl, old, roleOf(database.runtimeUrl));
  const next = [part(First1795305600900, Second1795305600901, Failing1795305600902)];
  await expect(migrate(database.ownerUrl, next, roleOf(database.runtimeUrl))).rejects.toThrow(/division/);
  expect(await schemaDifference(pool, old)).toEqual({ missing: [], unknown: [] });
  const owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  const columns = `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
    WHERE table_name IN ('first', 'second')`;
  expect((await owner.query(columns)).rows).toEqual([{ name: 'first.id' }]);
  await owner.end();
  const mended = [part(First1795305600900, Second1795305600901)];
  expect((await migrate(database.ownerUrl, mended, null)).applied).toEqual(['Second1795305600901']);
});

it('says what a database lacks, and what it has that this code does not know', async () => {
  const [both] = [part(First1795305600900, Second1795305600901)];
  expect(await schemaDifference(pool, [both])).toEqual({
    missing: ['First1795305600900', 'Second1795305600901'],
    unknown: [],
  });
  await migrate(database.ownerUrl, [part(First1795305600900)], roleOf(database.runtimeUrl));
  expect((await schemaDifference(pool, [both])).missing).toEqual(['Second1795305600901']);
  await migrate(database.ownerUrl, [both], roleOf(database.runtimeUrl));
  expect((await schemaDifference(pool, [part(First1795305600900)])).unknown).toEqual(['Second1795305600901']);
});

it('takes a database whose migrations it may not read for one that lacks them all', async () => {
  await migrate(database.ownerUrl, [part(First1795305600900)], null);
  const owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  const role = roleOf(database.runtimeUrl);
  await owner.query(`REVOKE ALL ON lacuna_migrations FROM ${role}, PUBLIC`);
  await owner.end();
  expect(await schemaDifference(pool, [part(First1795305600900)])).toEqual({
    missing: ['First1795305600900'],
    unknown: [],
  });
});

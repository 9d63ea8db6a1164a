import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { migrate, type SchemaPart } from '@lacuna/runtime';

/** A database of its own in the run's PostgreSQL: `ownerUrl` migrates, `runtimeUrl` is what the product runs with. */
export type FreshDatabase = Readonly<{ ownerUrl: string; runtimeUrl: string; drop(): Promise<void> }>;

const onServer = async (url: string, ...statements: readonly string[]): Promise<void> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
};

const testServer = (): URL => {
  const url = process.env['LACUNA_TEST_DATABASE_URL'];
  if (!url)
    throw new Error('no test database: this spec belongs to a tier whose global setup starts PostgreSQL');
  return new URL(url);
};

// A pool that was ended says goodbye in its own time: who is put out by force before tells its owner of an error.
const waitForSessions = (database: string): string => `DO $$ BEGIN
  FOR i IN 1..100 LOOP
    PERFORM pg_stat_clear_snapshot();
    EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '${database}');
    PERFORM pg_sleep(0.01);
  END LOOP;
END $$`;

/** Makes and migrates a database with the given parts, and a runtime role that may only do what they grant. */
export const freshDatabase = async (...parts: readonly SchemaPart[]): Promise<FreshDatabase> => {
  const server = testServer();
  const name = `lacuna_${randomBytes(6).toString('hex')}`;
  const role = `${name}_runtime`;
  const password = randomBytes(12).toString('hex');
  await onServer(server.href, `CREATE DATABASE ${name}`, `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  const owner = new URL(server.href);
  owner.pathname = `/${name}`;
  await migrate(owner.href, parts, role);
  const runtime = new URL(owner.href);
  runtime.username = role;
  runtime.password = password;
  return {
    ownerUrl: owner.href,
    runtimeUrl: runtime.href,
    drop: () =>
      onServer(
        server.href,
        waitForSessions(name),
        `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
        `DROP ROLE IF EXISTS ${role}`,
      ),
  };
};

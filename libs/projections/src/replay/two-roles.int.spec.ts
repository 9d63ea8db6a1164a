import { randomBytes } from 'node:crypto';
import { createMemoryEventStore } from '@lacuna/event-store';
import { migrate } from '@lacuna/runtime';
import { appendLines, behaviourRecorded, freshDatabase, id, registered } from '@lacuna/testing';
import { Client } from 'pg';
import { connectTo, createProjectionRunner, replay, viewsSchema } from '../index.js';

const onServer = async (url: string, ...statements: readonly string[]): Promise<void> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
};

const as = (server: string, role: string, database: string): string => {
  const url = new URL(server);
  url.username = role;
  url.password = 'only-for-this-test';
  url.pathname = `/${database}`;
  return url.href;
};

it('works with an owner that is no superuser: it replays and compares what the runtime role built', async () => {
  const fresh = await freshDatabase();
  const server = fresh.ownerUrl;
  const name = `lacuna_${randomBytes(4).toString('hex')}`;
  await onServer(
    server,
    `CREATE ROLE ${name}_owner LOGIN PASSWORD 'only-for-this-test'`,
    `CREATE ROLE ${name}_runtime LOGIN PASSWORD 'only-for-this-test'`,
    `CREATE DATABASE ${name} OWNER ${name}_owner`,
  );
  const ownerUrl = as(server, `${name}_owner`, name);
  const runtimeUrl = as(server, `${name}_runtime`, name);
  await migrate(ownerUrl, [viewsSchema], `${name}_runtime`);
  const store = createMemoryEventStore();
  await appendLines(store, registered({ memberId: id(1) }), behaviourRecorded());
  const runner = createProjectionRunner({ store, databaseUrl: runtimeUrl });
  runner.start();
  await runner.drain();
  expect(await replay({ store, databaseUrl: ownerUrl })).toMatchObject({ same: true, position: 2n });

  // What a killed replay of the owner left is not the runner's to drop, and does not stop it.
  const dying = replay({
    store,
    databaseUrl: ownerUrl,
    asOf: { position: 1n },
    connect: async () => {
      const client = await connectTo(ownerUrl)();
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      Object.defineProperty(client, 'query', {
        value: (...args: unknown[]) => {
          if (String(args[0]).startsWith('SELECT count(*)')) void client.end();
          return query(...args);
        },
      });
      return client;
    },
  });
  await expect(dying).rejects.toThrow();
  await runner.stop();
  runner.start();
  await runner.drain();
  expect(runner.trouble).toBeNull();
  expect(await replay({ store, databaseUrl: runtimeUrl })).toMatchObject({ same: true });
  await runner.stop();
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  const schemas = `SELECT count(*)::integer AS left FROM pg_namespace WHERE nspname LIKE 'replay%'`;
  expect((await owner.query(schemas)).rows).toEqual([{ left: 1 }]);
  await replay({ store, databaseUrl: ownerUrl });
  expect((await owner.query(schemas)).rows).toEqual([{ left: 0 }]);
  await owner.end();
  await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${name}_owner, ${name}_runtime`);
  await fresh.drop();
});

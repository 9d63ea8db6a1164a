import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import Cursor from 'pg-cursor';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Readable } from 'node:stream';
import { medianLatency, milliseconds, throughput, type Load } from './measure.js';

export const withClient = async <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** Rows of a size, one commit each: the least that any durable write of one event costs through the same driver. */
export type PlainInserts = Readonly<{
  perSecond(load: Load, bytes: number): Promise<number>;
  /** One caller's median, in milliseconds. */
  latency(count: number, bytes: number): Promise<number>;
}>;

// Sealed values are base64url: PostgreSQL must not be able to shorten our rows' stand-ins either.
const bodyOf = (bytes: number): string =>
  randomBytes(Math.ceil((bytes * 3) / 4))
    .toString('base64url')
    .slice(0, bytes);

const INSERT = 'INSERT INTO bench.plain VALUES ($1, $2)';

export const plainInserts = (ownerUrl: string): PlainInserts => {
  const withPool = async (width: number, work: (pool: Pool) => Promise<number>): Promise<number> => {
    const pool = new Pool({ connectionString: ownerUrl, max: width });
    try {
      await pool.query('CREATE SCHEMA IF NOT EXISTS bench');
      await pool.query('DROP TABLE IF EXISTS bench.plain');
      // PLAIN: a row of 2 kB stays one row, as a floor must have it; PostgreSQL would put a part of it elsewhere.
      await pool.query('CREATE TABLE bench.plain (id bigint PRIMARY KEY, body text STORAGE PLAIN NOT NULL)');
      const insert = (id: number) => pool.query({ name: 'plain', text: INSERT, values: [id, 'warm'] });
      // Opens every connection and has each of them prepare its statement.
      await Promise.all(Array.from({ length: width }, (_, index) => insert(-1 - index)));
      return await work(pool);
    } finally {
      await pool.end();
    }
  };
  const insertInto = (pool: Pool, bytes: number) => {
    const body = bodyOf(bytes);
    return (id: number) => pool.query({ name: 'plain', text: INSERT, values: [id, body] });
  };
  return {
    perSecond: (load, bytes) => withPool(load.width, (pool) => throughput(load, insertInto(pool, bytes))),
    latency: (count, bytes) => withPool(1, (pool) => medianLatency(count, insertInto(pool, bytes))),
  };
};

/** Rows of a size, so many with one statement and commit, on one connection: rows per second. */
export const batchInserts = (
  ownerUrl: string,
  { batches, rows, bytes }: Readonly<{ batches: number; rows: number; bytes: number }>,
): Promise<number> =>
  withClient(ownerUrl, async (client) => {
    await client.query('CREATE SCHEMA IF NOT EXISTS bench');
    await client.query('DROP TABLE IF EXISTS bench.plain');
    await client.query('CREATE TABLE bench.plain (id bigint PRIMARY KEY, body text STORAGE PLAIN NOT NULL)');
    const body = bodyOf(bytes);
    const insert = (batch: number) => {
      const ids = Array.from({ length: rows }, (_, row) => batch * rows + row);
      return client.query({
        name: 'batch',
        text: 'INSERT INTO bench.plain SELECT * FROM unnest($1::bigint[], $2::text[])',
        values: [ids, ids.map(() => body)],
      });
    };
    await insert(-1);
    const spent = await milliseconds(async () => {
      for (let batch = 0; batch < batches; batch += 1) await insert(batch);
    });
    return (batches * rows * 1e3) / spent;
  });

const LOG =
  'SELECT position, stream, revision, event_id, type, recorded_at, body FROM log.events ORDER BY position';

/** Reads the whole log once through a cursor, without parsing an event; milliseconds. */
export const readLogOnce = (url: string): Promise<number> =>
  withClient(url, (client) =>
    milliseconds(async () => {
      const cursor = client.query(new Cursor<readonly string[]>(LOG, [], { rowMode: 'array' }));
      while ((await cursor.read(2_000)).length > 0);
      await cursor.close();
    }),
  );

/** A table as a floor can make it again: its rows as COPY gives them, its columns, its indexes. */
export type CopiedTable = Readonly<{ source: string; rows: readonly Buffer[]; indexes: readonly string[] }>;

export const copyOut = (url: string, schema: string, table: string): Promise<CopiedTable> =>
  withClient(url, async (client) => {
    const source = `${schema}.${table}`;
    // A table of partitions gives its rows to a query only.
    const stream: Readable = client.query(copyTo(`COPY (SELECT * FROM ${source}) TO STDOUT`));
    const rows: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) rows.push(chunk);
    const found = await client.query<{ made: string }>(
      'SELECT indexdef AS made FROM pg_indexes WHERE schemaname = $1 AND tablename = $2',
      [schema, table],
    );
    const indexes = found.rows.map(({ made }) =>
      made.replace(' ON ONLY ', ' ON ').replace(` ON ${source} `, ' ON bench.copied '),
    );
    return { source, rows, indexes };
  });

const writeAll = (client: Client, rows: readonly Buffer[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const stream = client.query(copyFrom('COPY bench.copied FROM STDIN'));
    stream.once('error', reject);
    stream.once('finish', resolve);
    for (const chunk of rows) stream.write(chunk);
    stream.end();
  });

/** COPY of rows that lie ready in memory into an equal, empty table, and then its indexes; milliseconds. */
export const copyIn = (url: string, { source, rows, indexes }: CopiedTable): Promise<number> =>
  withClient(url, async (client) => {
    await client.query('CREATE SCHEMA IF NOT EXISTS bench');
    await client.query('DROP TABLE IF EXISTS bench.copied');
    await client.query(`CREATE TABLE bench.copied (LIKE ${source} INCLUDING DEFAULTS INCLUDING STORAGE)`);
    const spent = await milliseconds(async () => {
      await writeAll(client, rows);
      for (const statement of indexes) await client.query(statement);
    });
    await client.query('DROP TABLE bench.copied');
    return spent;
  });

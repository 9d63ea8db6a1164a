import type { ClientBase } from 'pg';
import type { Row, Table } from '../engine/index.js';
import { createPartSql, dropPartSql, partitionName } from './table-sql.js';

/** Where rows are written. What is not durable is only passing: a replay's. */
export type RowTarget = Readonly<{ client: ClientBase; schema: string; durable: boolean }>;

// Who reads for longer keeps its rows, and whoever came to wait behind us reads on: the batch is tried again.
const LOCK_WAIT = "SET LOCAL lock_timeout = '1s'";

/** Makes the partitions that these parts still lack: a part begins with its first row. */
export const createParts = async (
  { client, schema, durable }: RowTarget,
  of: Table,
  parts: readonly Row[],
): Promise<void> => {
  const byName = new Map(parts.map((part) => [`${schema}.${partitionName(of, part)}`, part]));
  const { rows } = await client.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL',
    [[...byName.keys()]],
  );
  const missing = rows.map(({ name }) => byName.get(name)).filter((part) => part !== undefined);
  if (missing.length === 0) return;
  await client.query(LOCK_WAIT);
  await client.query(missing.map((part) => createPartSql(of, schema, part, durable)).join(';'));
};

/** Drops parts whole, rows and indexes; one that never had a row has nothing to drop. */
export const dropParts = async (
  { client, schema }: RowTarget,
  of: Table,
  parts: readonly Row[],
): Promise<void> => {
  await client.query(LOCK_WAIT);
  await client.query(parts.map((part) => dropPartSql(of, schema, part)).join(';'));
};

const MOST_AT_ONCE = 100;

/**
 * Drops the partitions of a schema that goes, some per transaction: each takes several places in the server's table
 * of locks, which all of its sessions share.
 */
export const dropPartitionsIn = async (client: ClientBase, schema: string): Promise<void> => {
  for (;;) {
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relispartition AND c.relkind = 'r' LIMIT ${MOST_AT_ONCE}`,
      [schema],
    );
    if (rows.length === 0) return;
    await client.query(`SET lock_timeout = '2s'`);
    try {
      await client.query(`DROP TABLE ${rows.map(({ name }) => name).join(', ')}`);
    } finally {
      await client.query('RESET lock_timeout');
    }
  }
};

import { Pool } from 'pg';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { forgetLoneRecords, POSTGRES_INBOX_TABLE, postgresInbox } from './postgres-inbox.js';
import type { Mark } from './inbox.js';

let database: FreshDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await freshDatabase();
  pool = new Pool({ connectionString: database.ownerUrl, max: 8 });
  await pool.query(POSTGRES_INBOX_TABLE);
  await pool.query('CREATE TABLE effects (consumer text, id text)');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const mark = (key: string, sequence: number | null, id: string): Mark => ({
  tenant: 'car-club',
  context: 'member',
  key,
  sequence: sequence === null ? null : String(sequence).padStart(20, '0'),
  id,
});

const write = (consumer: string, one: Mark): Promise<boolean> =>
  postgresInbox(pool, consumer).once(one, async (client) => {
    await client.query('INSERT INTO effects VALUES ($1, $2)', [consumer, one.id]);
  });

const effects = async (consumer: string): Promise<readonly unknown[]> =>
  (
    await pool.query<{ id: string }>('SELECT id FROM effects WHERE consumer = $1 ORDER BY id', [consumer])
  ).rows.map(({ id }) => id);

it('C07 writes each effect once, repeats and older ones not, and each consumer for itself', async () => {
  const records = [
    mark('a', 1, 'a1'),
    mark('a', 2, 'a2'),
    mark('a', 1, 'a1'),
    mark('r', null, 'r'),
    mark('r', null, 'r'),
  ];
  const answers: boolean[] = [];
  for (const one of records) answers.push(await write('first', one));
  expect(answers).toEqual([true, true, false, true, false]);
  expect(await effects('first')).toEqual(['a1', 'a2', 'r']);
  expect(await write('second', records[0]!)).toBe(true);
});

it('C08 one of two members of a group that both have a record writes, the other waits and sees it', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => write('storm', mark('s', 7, 's7'))));
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(await effects('storm')).toEqual(['s7']);
});

it('takes back the effect with the memory of it, and the other way round', async () => {
  const one = mark('f', 1, 'f1');
  const failing = postgresInbox(pool, 'failing').once(one, async (client) => {
    await client.query(`INSERT INTO effects VALUES ('failing', 'f1')`);
    throw new Error('down');
  });
  await expect(failing).rejects.toThrow('down');
  expect(await effects('failing')).toEqual([]);
  expect(await write('failing', one)).toBe(true);
});

it('I10 keeps the day at the finest, and forgets lone records that cannot come again, and no place of a key', async () => {
  const [keyed, old, young] = [mark('k', 1, 'k1'), mark('old', null, 'o'), mark('young', null, 'y')];
  for (const one of [keyed, old, young]) expect(await write('forgets', one)).toBe(true);
  await pool.query(
    `UPDATE lacuna_inbox SET seen_on = current_date - 33 WHERE consumer = 'forgets' AND key IN ('k', 'old')`,
  );
  expect(await forgetLoneRecords(pool, 'other')).toBe(0);
  expect(await forgetLoneRecords(pool, 'forgets')).toBe(1);
  expect(await write('forgets', keyed)).toBe(false);
  expect(await write('forgets', young)).toBe(false);
  const { rows } = await pool.query<{ data_type: string }>(
    `SELECT DISTINCT data_type FROM information_schema.columns WHERE table_name = 'lacuna_inbox' ORDER BY 1`,
  );
  expect(rows.map(({ data_type }) => data_type)).toEqual(['date', 'text']);
});

it('takes up a table of before', async () => {
  const before = await freshDatabase();
  const own = new Pool({ connectionString: before.ownerUrl, max: 1 });
  try {
    await own.query(`CREATE TABLE lacuna_inbox (consumer text NOT NULL, tenant text NOT NULL, context text NOT NULL,
      key text NOT NULL, sequence text NOT NULL, seen_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (consumer, tenant, context, key))`);
    const once = (): Promise<boolean> =>
      postgresInbox(own, 'c').once(mark('a', 1, 'a1'), () => Promise.resolve());
    for (let times = 0; times < 2; times += 1) await own.query(POSTGRES_INBOX_TABLE);
    expect([await once(), await once()]).toEqual([true, false]);
  } finally {
    await own.end();
    await before.drop();
  }
});

import { Pool } from 'pg';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { POSTGRES_INBOX_TABLE, postgresInbox } from './postgres-inbox.js';
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

import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import fc from 'fast-check';
import { Client } from 'pg';
import { int4Array, int8Array, textArray, uuidArray } from './binary-array.js';

let database: FreshDatabase;
let client: Client;

beforeAll(async () => {
  database = await freshDatabase();
  client = new Client({ connectionString: database.runtimeUrl });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

const storable = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed().replaceAll('\0', ''));

it('PostgreSQL reads every array as it was written', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(storable),
      fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      fc.array(fc.integer()),
      fc.array(fc.uuid()),
      async (texts, longs, ints, uuids) => {
        const { rows } = await client.query<{
          texts: string[];
          longs: string[];
          ints: number[];
          uuids: string[];
        }>(
          'SELECT $1::text[] AS texts, $2::int8[] AS longs, $3::int4[] AS ints, $4::uuid[]::text[] AS uuids',
          [textArray(texts), int8Array(longs), int4Array(ints), uuidArray(uuids)],
        );
        expect(rows[0]).toEqual({ texts, longs: longs.map(String), ints, uuids });
      },
    ),
    { numRuns: 200 },
  ));

import { jest } from '@jest/globals';
import { chmodSync, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { createCustody, createFileKms, custodySchema, type CustodyService } from '@lacuna/custody';
import { startEmbeddedDatabase, type EmbeddedDatabase } from '@lacuna/embedded-database';
import { migrate } from '@lacuna/runtime';
import { attack, type Booty } from './attack.js';

jest.setTimeout(300_000);

const TENANT = 'car-club';
const NOW = '1998-07-01T00:00:00.000Z';
const PLANTED = 1_000;
const NEIGHBOURS = 50;

let folder: string;
let database: EmbeddedDatabase;
let client: Client;
let custody: CustodyService;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lacuna-attack-'));
  chmodSync(folder, 0o755);
  database = await startEmbeddedDatabase({ folder: join(folder, 'database') });
  await migrate(database.url, [custodySchema], null);
  client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('CREATE TABLE log (place bigint GENERATED ALWAYS AS IDENTITY, event text)');
  custody = await createCustody({
    connectionString: database.url,
    kms: createFileKms({ file: join(folder, 'keys'), backupFile: join(folder, 'keys.backup') }),
  });
});

afterAll(async () => {
  await custody.close();
  await client.end();
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Planted = Readonly<{ subject: string; phone: string; text: string; event: string }>;

const plant = async (index: number): Promise<Planted> => {
  const subject = randomUUID();
  const eventId = randomUUID();
  const phone = `199${String(index).padStart(8, '0')}`;
  const writer = await custody.open({
    tenant: TENANT,
    subject,
    categories: ['basic'],
    mint: 'subject',
    now: NOW,
    claims: [
      { kind: 'mobile', value: phone, stream: `${TENANT}.member-${subject}`, expected: 'none', eventId },
    ],
  });
  const text = `canary-${randomUUID()}`;
  await custody.confirmClaims(writer.claims);
  return {
    subject,
    phone,
    text,
    event: JSON.stringify({ name: writer.seal('basic', 'name', eventId, text) }),
  };
};

const plantAll = async (from: number): Promise<readonly Planted[]> => {
  const people = await Promise.all(Array.from({ length: 50 }, (_, index) => plant(from + index)));
  const events = people.map((person) => person.event);
  await client.query('INSERT INTO log (event) SELECT * FROM unnest($1::text[])', [events]);
  return people;
};

const dump = async (file: string): Promise<void> => {
  const tables = ['subjects', 'subject_keys', 'scope_keys', 'lookup_keys', 'claims'].map(
    (name) => `custody.${name}`,
  );
  for (const table of [...tables, 'log'])
    await pipeline(
      client.query(copyTo(`COPY ${table} TO STDOUT`)),
      createWriteStream(join(folder, file), { flags: 'a' }),
    );
};

/** With the raw folder and its WAL, the dump of before, and the key file and its backup of this moment. */
const sweep = async (people: readonly Planted[]): Promise<Booty> => {
  await client.query('CHECKPOINT');
  return attack({
    paths: [join(folder, 'database', 'data'), join(folder, 'dump')],
    keyFiles: [join(folder, 'keys'), join(folder, 'keys.backup')],
    planted: people.map((person) => person.text),
    guesses: people.map((person) => ({ tenant: TENANT, kind: 'mobile', value: person.phone })),
    exhaustive: true,
  });
};

it('E01 R030 R079 opens 1,000 planted values with the keys and reads none without, as many after a mere deletion, none after erasure and rotation', async () => {
  const people: Planted[] = [];
  for (let from = 0; from < PLANTED + NEIGHBOURS; from += 50) people.push(...(await plantAll(from)));
  const erased = people.slice(0, PLANTED);
  const neighbours = people.slice(PLANTED);
  await dump('dump');

  // The positive control: the tool finds its way from the bytes to every value.
  expect(await sweep(erased)).toMatchObject({
    values: { opened: PLANTED + NEIGHBOURS },
    claims: { guessed: PLANTED },
    planted: { opened: PLANTED, inClear: 0 },
  });

  for (const { subject } of erased) {
    const ref = { tenant: TENANT, subject };
    await custody.restrict(ref, { request: 'erasure' }, NOW);
    await custody.destroy({ ...ref, categories: ['basic'], derived: [], now: NOW });
  }
  await client.query('VACUUM custody.subject_keys, custody.claims');
  // A deleted row destroys nothing by itself: dump, dead tuples and WAL are as good as the keys.
  expect(await sweep(erased)).toMatchObject({ planted: { opened: PLANTED }, claims: { guessed: PLANTED } });

  await custody.rotate(NOW, '1998-07');
  const rotations = await custody.rotations();
  expect(rotations.map((rotation) => rotation.keyClass).sort()).toEqual(['lookup', 'subject']);
  const after = await sweep(erased);
  expect(after).toMatchObject({
    values: { opened: NEIGHBOURS },
    claims: { guessed: 0 },
    planted: { opened: 0, inClear: 0 },
  });
  // The wrapped keys of the erased are all still there to be carved: what is gone is what unwraps them.
  expect(after.keys.found).toBeGreaterThan(PLANTED);
  expect(after.keys.unwrapped).toBeLessThan(2 * NEIGHBOURS);
  expect(after.values.found).toBeGreaterThanOrEqual(PLANTED + NEIGHBOURS);
  const alive = { planted: { opened: NEIGHBOURS }, claims: { guessed: NEIGHBOURS } };
  expect(await sweep(neighbours)).toMatchObject(alive);
});

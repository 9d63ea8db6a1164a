import { jest } from '@jest/globals';
import { custodySchema, type CustodyService, type KeyClass } from '@lacuna/custody';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import {
  codeOf,
  drill,
  erase,
  MONTH,
  NIGHT,
  NOW,
  register,
  registering,
  standing,
  TENANT,
  type Drill,
  type Person,
} from './custody-drill.js';
import { rotatedKeys } from './product/settings.js';

jest.setTimeout(1_800_000);

let database: FreshDatabase;
let ground: Drill;

beforeEach(async () => {
  database = await freshDatabase(custodySchema);
  ground = drill(database.runtimeUrl);
});

afterEach(async () => {
  ground.clear();
  await database.drop();
});

/** Custody refuses callers beyond its queue: so many at once, and the rest after them. */
const AT_ONCE = 1_000;

const people = async (custody: CustodyService, count: number): Promise<readonly Person[]> => {
  const made: Person[] = [];
  while (made.length < count) {
    const length = Math.min(AT_ONCE, count - made.length);
    made.push(...(await Promise.all(Array.from({ length }, () => register(custody)))));
  }
  return made;
};

const standingOfAll = async (custody: CustodyService, all: readonly Person[]) => {
  const sum = { open: 0, erased: 0, held: 0 };
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const { open, erased, held } = await standing(custody, all.slice(from, from + AT_ONCE));
    sum.open += open;
    sum.erased += erased;
    sum.held += held;
  }
  return sum;
};

type KeyFile = { keys: { keyClass: KeyClass; epoch: number; key: string }[] };
const keksOf = (text: string): readonly string[] =>
  (JSON.parse(text.split('\n{')[0]!) as KeyFile).keys
    .map(({ keyClass, epoch }) => `${keyClass}/${epoch}`)
    .sort();

const STEPS = [
  'subject/created',
  'subject/cut',
  'subject/rewrapped',
  'subject/destroyed',
  'subject/finished',
  'lookup/created',
  'lookup/cut',
  'lookup/staged',
  'lookup/switched',
  'lookup/destroyed',
  'lookup/finished',
] as const;

it.each(STEPS)(
  'E02 E05 killed right after %s: the next start has all that lives, and completes it',
  async (step) => {
    const custody = await ground.connect();
    const living = await people(custody, 20);
    const gone = await register(custody);
    const { destroyedAt } = await erase(custody, gone);
    expect(await ground.child({ work: 'rotate', now: NIGHT, month: MONTH, at: { step } })).toBe('SIGKILL');
    // The process that was running all along goes on, and so does one that starts now.
    expect(await standing(custody, living)).toEqual({ open: 20, erased: 0, held: 20 });
    const next = await ground.connect();
    expect(await standing(next, living)).toEqual({ open: 20, erased: 0, held: 20 });
    expect(await standing(next, [gone])).toEqual({ open: 0, erased: 1, held: 0 });
    await next.rotate(NIGHT, MONTH);
    const rotations = await next.rotations();
    expect(rotations.map(({ keyClass, epoch }) => `${keyClass}/${epoch}`)).toEqual(['lookup/2', 'subject/2']);
    expect(rotations.every((rotation) => rotation.destroyedBefore >= destroyedAt)).toBe(true);
    expect(keksOf(ground.keyFiles())).toEqual(['lookup/2', 'scope/1', 'subject/2']);
    expect(ground.keyFiles().match(/"epoch": 1/g)).toHaveLength(2);
    expect(await standing(custody, living)).toEqual({ open: 20, erased: 0, held: 20 });
    expect((await register(custody)).subject).toBeDefined();
    await Promise.all([custody.close(), next.close()]);
  },
);

it('E02 killed at any write of the key file: no key that is needed is lost, none that is destroyed stays', async () => {
  const custody = await ground.connect();
  const living = await people(custody, 3);
  let killed = 0;
  for (let write = 1; ; write += 2) {
    // Without a phone, so that one class rotates: two changes of the file.
    const gone = await people(custody, 1);
    await custody.releaseClaims(
      await custody.claimsOf({ tenant: TENANT, subject: gone[0]!.subject }, 'mobile'),
    );
    await custody.rotate(NIGHT, MONTH);
    await erase(custody, gone[0]!);
    const signal = await ground.child({ work: 'rotate', now: NIGHT, month: MONTH, at: { write } });
    const next = await ground.connect();
    await next.rotate(NIGHT, MONTH);
    expect(await standing(next, living)).toEqual({ open: 3, erased: 0, held: 3 });
    const epochs = await ground.sql<{ name: string }>(
      `SELECT key_class || '/' || current AS name FROM custody.epochs ORDER BY 1`,
    );
    expect(keksOf(ground.keyFiles())).toEqual(epochs.map((row) => row.name));
    await next.close();
    if (signal === null) break;
    killed += 1;
  }
  expect(killed).toBeGreaterThanOrEqual(15);
  expect(await standing(custody, living)).toEqual({ open: 3, erased: 0, held: 3 });
  await custody.close();
});

it('E05 rotates under load, beside a second process, with 0 failed calls', async () => {
  const custody = await ground.connect();
  const other = await ground.connect();
  const living = [...(await people(custody, rotatedKeys(300)))];
  const failures: string[] = [];
  let calls = 0;
  let running = true;
  const worker = async (own: CustodyService): Promise<void> => {
    while (running) {
      const person = living[calls % living.length]!;
      calls += 1;
      const work = (): Promise<unknown> => {
        switch (calls % 4) {
          case 0:
            return register(own).then((made) => living.push(made));
          case 1:
            return own.open(registering(person.subject, { mint: 'none' }));
          case 2:
            return own.lookup(TENANT, 'mobile', person.phone).then((holder) => {
              if (holder !== person.subject) throw new Error(`lookup answered ${String(holder)}`);
            });
          default:
            return own.unseal(TENANT, [person.sealed]).then(([one]) => {
              if (one?.kind !== 'opened') throw new Error(`unseal answered ${String(one?.kind)}`);
            });
        }
      };
      const code = await codeOf(work());
      if (code !== 'resolved') failures.push(code);
    }
  };
  const workers = [custody, other].flatMap((own) => Array.from({ length: 8 }, () => worker(own)));
  const rotated: string[] = [];
  try {
    for (let round = 0; round < 5; round += 1) {
      await erase(other, await register(custody));
      await (round % 2 ? other : custody).rotate(NIGHT, MONTH);
      const made = await custody.rotations();
      rotated.push(...made.map(({ keyClass, epoch }) => `${keyClass}/${epoch}`));
    }
  } finally {
    running = false;
    await Promise.all(workers);
  }
  expect(failures).toEqual([]);
  expect(rotated.filter((name) => name.startsWith('subject'))).toHaveLength(5);
  expect(rotated.filter((name) => name.startsWith('lookup'))).toHaveLength(5);
  expect(await standingOfAll(other, living)).toEqual({ open: living.length, erased: 0, held: living.length });
  const [old] = await ground.sql<{ left: number }>(
    `SELECT count(*)::int AS left FROM custody.subject_keys WHERE wrapped IS NOT NULL AND kek_epoch <> 6`,
  );
  expect(old?.left).toBe(0);
  expect(calls).toBeGreaterThan(200);
  await Promise.all([custody.close(), other.close()]);
});

it('E04 a custody put back from before the rotation cannot be unwrapped, and does not start', async () => {
  const custody = await ground.connect();
  const person = await register(custody);
  const living = await register(custody);
  const before = await ground.sql<{ ref: string; wrapped: Buffer }>(
    'SELECT ref, wrapped FROM custody.subject_keys WHERE subject = $1',
    [person.subject],
  );
  await erase(custody, person);
  // Before the rotation the dump is as good as the key: that is why it rotates.
  const restore = (state: string): Promise<unknown> =>
    ground.sql(
      `WITH keyed AS (UPDATE custody.subject_keys SET wrapped = $2, destroyed_at = NULL WHERE ref = $1)
       UPDATE custody.subjects SET state = $4 WHERE subject = $3`,
      [before[0]!.ref, before[0]!.wrapped, person.subject, state],
    );
  await restore('live');
  expect(await standing(custody, [person])).toMatchObject({ open: 1 });
  await ground.sql('UPDATE custody.subject_keys SET wrapped = NULL, destroyed_at = $2 WHERE ref = $1', [
    before[0]!.ref,
    NOW,
  ]);
  await custody.rotate(NIGHT, MONTH);
  await restore('live');
  const next = await ground.connect();
  expect(await codeOf(next.unseal(TENANT, [person.sealed]))).toBe('KEK_MISSING');
  expect(await standing(next, [living])).toMatchObject({ open: 1 });
  await next.close();
  await custody.close();
});

it('E04 a whole custody put back from before the rotation does not come up at all', async () => {
  const tables = ['epochs', 'subjects', 'scope_keys', 'subject_keys', 'lookup_keys', 'request_keys'];
  const owner = drill(database.ownerUrl);
  const custody = await ground.connect();
  const person = await register(custody);
  await owner.sql(`CREATE SCHEMA dump`);
  for (const table of tables) await owner.sql(`CREATE TABLE dump.${table} AS TABLE custody.${table}`);
  await erase(custody, person);
  await custody.rotate(NIGHT, MONTH);
  await custody.close();
  for (const table of tables)
    await owner.sql(
      `WITH gone AS (DELETE FROM custody.${table}) SELECT 1; INSERT INTO custody.${table} TABLE dump.${table}`,
    );
  expect(await codeOf(ground.connect())).toBe('KEK_MISSING');
  owner.clear();
});

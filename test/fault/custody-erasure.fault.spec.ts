import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { custodySchema, type CustodyService } from '@lacuna/custody';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import {
  claiming,
  codeOf,
  drill,
  erase,
  freshPhone,
  MONTH,
  NIGHT,
  NOW,
  register,
  registering,
  standing,
  TENANT,
  type Drill,
} from './custody-drill.js';

jest.setTimeout(300_000);

let database: FreshDatabase;
let ground: Drill;
let custody: CustodyService;

beforeAll(async () => {
  database = await freshDatabase(custodySchema);
  ground = drill(database.runtimeUrl);
  custody = await ground.connect();
});

afterAll(async () => {
  await custody.close();
  ground.clear();
  await database.drop();
});

it('E02 R077 killed at any statement of the destruction: all of it or nothing, and the next call completes it', async () => {
  const neighbour = await register(custody);
  let killed = 0;
  for (let query = 1; ; query += 1) {
    const person = await register(custody);
    const ref = { tenant: TENANT, subject: person.subject };
    await custody.restrict(ref, { request: 'r' }, NOW);
    const destruction = { ...ref, categories: ['basic'], derived: [], now: NIGHT };
    const signal = await ground.child({ work: 'destroy', destruction, at: { query } });
    const [row] = await ground.sql<{ state: string; keys: number }>(
      `SELECT state, (SELECT count(*)::int FROM custody.subject_keys k
         WHERE k.subject = s.subject AND wrapped IS NOT NULL) AS keys
         FROM custody.subjects s WHERE subject = $1`,
      [person.subject],
    );
    const held = (await custody.lookup(TENANT, 'mobile', person.phone)) === person.subject;
    expect([
      { state: 'restricted', keys: 1, held: true },
      { state: 'erased', keys: 0, held: false },
    ]).toContainEqual({ ...row, held });
    await custody.destroy(destruction);
    expect(await standing(custody, [person])).toEqual({ open: 0, erased: 1, held: 0 });
    if (signal === null) break;
    killed += 1;
  }
  expect(killed).toBeGreaterThanOrEqual(9);
  expect(await standing(custody, [neighbour])).toEqual({ open: 1, erased: 0, held: 1 });
});

it('E03 erased while 50 writers mint for it: no key after the fence, 0 of 10,000', async () => {
  const other = await ground.connect();
  const subjects = Array.from({ length: 200 }, () => randomUUID());
  const minted: string[] = [];
  const refusals = new Set<string>();
  const fenced = new Set<string>();
  let attempts = 0;
  let late = 0;
  const writer = async (number: number): Promise<void> => {
    for (const subject of subjects) {
      const afterFence = fenced.has(subject);
      attempts += 1;
      const request = registering(subject, {
        categories: [`c${number}`, 'basic'],
        claims: [claiming(freshPhone(), randomUUID())],
      });
      const code = await codeOf((number % 2 ? custody : other).open(request));
      if (code !== 'resolved') refusals.add(code);
      else minted.push(subject);
      if (afterFence && code === 'resolved') late += 1;
    }
  };
  const eraser = async (): Promise<void> => {
    for (const subject of subjects) {
      const ref = { tenant: TENANT, subject };
      // As soon as the first writer has made it: the others are still at it.
      let code = 'SUBJECT_UNKNOWN';
      while (code === 'SUBJECT_UNKNOWN') code = await codeOf(custody.restrict(ref, { request: 'r' }, NOW));
      expect(code).toBe('resolved');
      fenced.add(subject);
      const categories = ['basic', ...Array.from({ length: 50 }, (_, index) => `c${index}`)];
      await custody.destroy({ ...ref, categories, derived: [], now: NIGHT });
    }
  };
  await Promise.all([...Array.from({ length: 50 }, (_, index) => writer(index)), eraser()]);
  const [living] = await ground.sql<{ keys: number; claims: number }>(
    `SELECT (SELECT count(*)::int FROM custody.subject_keys k JOIN custody.subjects s USING (tenant, subject)
              WHERE s.state <> 'live' AND k.wrapped IS NOT NULL) AS keys,
            (SELECT count(*)::int FROM custody.claims) AS claims`,
  );
  const held = await Promise.all(
    [...fenced].map((subject) => custody.claimsOf({ tenant: TENANT, subject }, 'mobile')),
  );
  expect({ attempts, late, keys: living?.keys, held: held.flat().length }).toEqual({
    attempts: 10_000,
    late: 0,
    keys: 0,
    held: 0,
  });
  expect(fenced.size).toBe(200);
  expect(minted.length).toBeGreaterThan(200);
  expect([...refusals].sort()).toEqual(['SUBJECT_ERASED', 'SUBJECT_RESTRICTED']);
  const [open] = await ground.sql<{ orphans: number }>(
    `SELECT count(*)::int AS orphans FROM custody.claims_open o LEFT JOIN custody.claims c USING (id) WHERE c.id IS NULL`,
  );
  expect(open?.orphans).toBe(0);
  await other.close();
});

it('R077 answers that a second destruction at a standing clock is not covered by the rotation before it', async () => {
  const first = await register(custody);
  const second = await register(custody);
  const rotated = async () => {
    await custody.rotate(NIGHT, MONTH);
    return custody.rotations();
  };
  const one = await erase(custody, first);
  const [rotation] = (await rotated()).filter((each) => each.keyClass === 'subject');
  const two = await erase(custody, second);
  expect(one.destroyedAt <= rotation!.destroyedBefore).toBe(true);
  expect(two.destroyedAt > rotation!.destroyedBefore).toBe(true);
  const [next] = (await rotated()).filter((each) => each.keyClass === 'subject');
  expect(two.destroyedAt <= next!.destroyedBefore).toBe(true);
});

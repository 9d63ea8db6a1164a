import { setTimeout as sleep } from 'node:timers/promises';
import type { behaviourV1 } from '@lacuna/contracts';
import {
  recordCall,
  somethingDone,
  statisticsNow,
  statusNow,
  walkTo,
  type Recording,
} from './product/behaviours.js';
import { Caller } from './product/calls.js';
import { callOf } from './product/commands.js';
import { flawsOf, rowsOf, wholeLog } from './product/log.js';
import { viewsCaughtUp } from './product/members.js';
import { People, service } from './product/people.js';
import { Product } from './product/product.js';
import { Random } from './product/random.js';
import { kills, seed } from './product/settings.js';
import { each } from './product/waiting.js';

/**
 * Behaviour and its nights under kill -9: recording goes on while the clock walks over nights, then seven months pass,
 * and all the time the product dies at random moments, every second time with its database.
 */
const WRITERS = 8;
const MEMBERS = 40;
const KILLS = kills(6);
const SEED = seed();
const DAYS = Array.from({ length: 20 }, (_, day) => `2026-10-${String(day + 1).padStart(2, '0')}`);

type Recorded = Readonly<{ request: Recording; answer: behaviourV1.RecordBehaviourResponse }>;

const product = new Product('2026-11-20T10:00+08:00');
const recorded: Recorded[] = [];
const random = new Random(SEED);
let caller: Caller;
let members: readonly string[] = [];
let walksCut = 0;

const register = async (): Promise<readonly string[]> => {
  const people = new People(1);
  const made: string[] = [];
  const requests = Array.from({ length: MEMBERS }, (_, index) => ({
    requestId: `member-${index}`,
    processing: service,
    info: people.next(),
  }));
  await each(requests, async (request) => {
    const { answer } = await caller.untilAnswered(callOf({ kind: 'register', request }));
    if ('memberId' in answer) made.push(answer.memberId);
  });
  return made;
};

const record = async (own: Caller, request: Recording): Promise<void> => {
  const { answer } = await own.untilAnswered(recordCall(request));
  recorded.push({ request, answer });
};

const writer = async (number: number, isDone: () => boolean): Promise<void> => {
  const own = new Caller(product);
  const chance = new Random(SEED + 1 + number);
  try {
    for (let count = 0; !isDone(); count += 1)
      await record(own, somethingDone(`b-${number}-${count}`, chance, members, DAYS));
  } finally {
    own.close();
  }
};

const killAndStart = async (number: number): Promise<void> => {
  await sleep(500 + random.below(2_500));
  await product.kill(number % 2 === 0 ? 'with-database' : 'without-database');
  await product.start();
};

const whileKilling = async (work: Promise<void>): Promise<void> => {
  const state = { ended: false };
  const watched = work.finally(() => {
    state.ended = true;
  });
  watched.catch(() => undefined);
  for (let number = 1; number <= KILLS && !state.ended; number += 1) await killAndStart(number);
  await watched;
};

const nights = async (): Promise<void> => {
  let isDone = false;
  const writers = Array.from({ length: WRITERS }, (_, number) => writer(number, () => isDone));
  const walk = walkTo(caller, '2026-11-27T02:00:00.000Z', () => (walksCut += 1));
  try {
    await whileKilling(walk);
  } finally {
    isDone = true;
    await Promise.all(writers);
  }
};

beforeAll(async () => {
  await product.start();
  caller = new Caller(product);
  members = await register();
  await nights();
}, 900_000);

afterAll(async () => {
  caller.close();
  await product.remove();
}, 60_000);

it('I1 I2 each acknowledged behaviour is in the log once, nothing else is, and a retry gets the first answer', async () => {
  expect(members).toHaveLength(MEMBERS);
  expect(recorded.length).toBeGreaterThan(100);
  const events = await wholeLog(product);
  expect(flawsOf(events)).toEqual([]);
  expect(events.filter(({ type }) => type === 'BehaviourRecorded')).toHaveLength(recorded.length);
  expect(new Set(recorded.map(({ answer }) => answer.behaviourId)).size).toBe(recorded.length);
  const sample = Array.from({ length: 50 }, () => random.pick(recorded));
  const differing: string[] = [];
  await each(sample, async ({ request, answer }) => {
    const again = (await caller.untilAnswered(recordCall(request))).answer;
    if (again.behaviourId !== answer.behaviourId) differing.push(request.requestId);
  });
  expect(differing).toEqual([]);
}, 120_000);

it('R046 the statistics are exact whatever night was cut at whatever step', async () => {
  // Enough people on every day and kind take a remainder of the nights before with them.
  const last = DAYS.flatMap((occurred) =>
    members.slice(0, 6).flatMap((member) =>
      ['purchase', 'service-need'].map((kind, index): Recording => {
        const details: Record<string, string> =
          kind === 'purchase' ? { units: '2', amount: '3.50' } : { text: 'tyres' };
        return {
          requestId: `last-${occurred}-${member}-${index}`,
          processing: service,
          behaviour: { member: { $case: 'memberId', value: member }, kind, occurred, details },
        };
      }),
    ),
  );
  await each(last, (request) => record(caller, request));
  await walkTo(caller, '2026-11-28T16:00:00.000Z', () => (walksCut += 1));
  await viewsCaughtUp(caller);
  const { total, remainder, rows } = await statisticsNow(caller);
  const purchases = recorded.filter(({ request }) => request.behaviour?.kind === 'purchase').length;
  expect([remainder, total?.count, total?.units, total?.sum]).toEqual([
    false,
    String(recorded.length),
    String(2 * purchases),
    String(350 * purchases),
  ]);
  expect(rows.every(({ people }) => Number(people) >= 5)).toBe(true);
}, 300_000);

it('R041 R044 half a year under kills: each day ends once, no key is left, no figure has changed', async () => {
  const before = await statisticsNow(caller);
  await whileKilling(walkTo(caller, '2027-06-28T16:00:00.000Z', () => (walksCut += 1)));
  process.stdout.write(
    `${JSON.stringify({ seed: SEED, recorded: recorded.length, walksCut, readyAfterMs: product.readyAfterMs })}\n`,
  );
  await viewsCaughtUp(caller);
  expect(await statisticsNow(caller)).toMatchObject({ rows: before.rows, total: before.total });
  const ended = await rowsOf<{ day: string; times: number }>(
    product,
    `SELECT body::json->'data'->>'day' AS day, count(*)::int AS times FROM log.events
      WHERE type = 'BehaviourDayAnonymised' GROUP BY 1 ORDER BY 1`,
  );
  expect(ended).toEqual(DAYS.map((day) => ({ day, times: 1 })));
  const counted = await rowsOf<{ night: string; times: number }>(
    product,
    `SELECT body::json->'data'->>'night' AS night, count(*)::int AS times FROM log.events
      WHERE type = 'NightCounted' GROUP BY 1 HAVING count(*) > 1`,
  );
  expect(counted).toEqual([]);
  const living = await rowsOf<{ category: string; scope: string }>(
    product,
    `SELECT category, scope FROM custody.scope_keys
      WHERE wrapped IS NOT NULL AND category IN ('behaviour', 'night')`,
  );
  expect(living).toEqual([]);
  expect((await statusNow(caller)).overdueRetention).toEqual([]);
  const { document } = await product.cli('replay');
  expect(document).toMatchObject({ same: true });
}, 900_000);

import { setTimeout as sleep } from 'node:timers/promises';
import { Caller, Refused } from './product/calls.js';
import { callOf, correctionIdOf, memberIdOf } from './product/commands.js';
import { countsOf, flawsOf, rowsOf, wholeLog } from './product/log.js';
import { advanceClock, getMember, mobileIn, mobilesOf, viewsCaughtUp } from './product/members.js';
import { service } from './product/people.js';
import { Product } from './product/product.js';
import { Random } from './product/random.js';
import { kills, seed } from './product/settings.js';
import { each, until } from './product/waiting.js';
import { Notes, Writer } from './product/writers.js';

const WRITERS = 16;
const KILLS = kills(20);
const SEED = seed();

type Replayed = Readonly<{
  position: string;
  same: boolean;
  views: readonly Readonly<{ name: string; rows: string | number; parkedStreams: number }>[];
}>;

let product: Product;
let caller: Caller;
const notes = new Notes();
const failures: unknown[] = [];
let openClaimsLeft = 0;
let killedStarts = 0;

const openClaims = async (): Promise<number> => {
  const rows = await rowsOf<{ count: number }>(
    product,
    'SELECT count(*)::int AS count FROM custody.claims_open',
  );
  return rows[0]?.count ?? -1;
};

/** A death at a random moment of the work, every second time the database's too, some times one in the start after it. */
const killAndStart = async (random: Random, number: number): Promise<void> => {
  const target = notes.acknowledged.length + 20 + random.below(300);
  await until('the writers write', () => notes.acknowledged.length >= target || failures.length > 0, 240_000);
  await sleep(random.below(400));
  await product.kill(number % 2 === 0 ? 'with-database' : 'without-database');
  if (random.chance(0.25)) {
    product.spawn();
    await sleep(200 + random.below(2_500));
    await product.kill('without-database');
    killedStarts += 1;
  }
  await product.start();
  openClaimsLeft = await openClaims();
};

beforeAll(async () => {
  product = new Product('2026-11-20T10:00+08:00');
  await product.start();
  let isDone = false;
  const writers = Array.from({ length: WRITERS }, (_, number) => new Writer(number, product, notes, SEED));
  const running = writers.map((writer) =>
    writer
      .run(() => isDone || failures.length > 0)
      .catch((error: unknown) => {
        failures.push(error);
      }),
  );
  const random = new Random(SEED);
  try {
    for (let number = 1; number <= KILLS && failures.length === 0; number += 1)
      await killAndStart(random, number);
  } finally {
    isDone = true;
    await Promise.all(running);
  }
  caller = new Caller(product);
  const repeats = new Map<string, number>();
  for (const [why, count] of writers.flatMap((writer) => [...writer.repeats]))
    repeats.set(why, (repeats.get(why) ?? 0) + count);
  process.stdout.write(
    `${JSON.stringify({
      seed: SEED,
      kills: KILLS,
      killedStarts,
      acknowledged: notes.acknowledged.length,
      retried: notes.retried.length,
      lostDuels: notes.lost.length,
      openClaimsLeft,
      repeats: Object.fromEntries(repeats),
      readyAfterMs: product.readyAfterMs,
    })}\n`,
  );
}, 1_500_000);

afterAll(async () => {
  caller.close();
  await product.remove();
}, 60_000);

it('A01 A02 no writer saw anything but an answer or a cut: each request was answered in the end', () => {
  expect({ seed: SEED, failures }).toEqual({ seed: SEED, failures: [] });
  expect(product.readyAfterMs).toHaveLength(KILLS + 1);
  // Without these the kills would have hit nobody.
  expect(notes.retried.length).toBeGreaterThan(KILLS);
});

it('I1 I2 I3 each acknowledged command is in the log once, and nothing else is', async () => {
  const events = await wholeLog(product);
  expect(flawsOf(events)).toEqual([]);
  const registered = countsOf(events, 'MemberRegistered', 'memberId');
  const asked = countsOf(events, 'CorrectionRequested', 'correctionId');
  const corrected = countsOf(events, 'InfoCorrected', 'correctionId');
  const once = (ids: readonly string[]): ReadonlyMap<string, number> => new Map(ids.map((id) => [id, 1]));
  expect(registered).toEqual(once(notes.of('register').map(memberIdOf)));
  expect(asked).toEqual(once(notes.of('ask-correction').map(({ answer }) => correctionIdOf(answer))));
  const applied = notes.of('correct').map(({ command }) => command);
  expect(corrected).toEqual(
    once(applied.flatMap((one) => (one.kind === 'correct' ? [one.request.correctionId] : []))),
  );
  // The record of an identity names no member: they are counted.
  const verified = countsOf(events, 'RealNameVerified', 'identityId');
  expect([...verified.values()]).toEqual(notes.of('verify').map(() => 1));
});

it('I2 every retry of an accepted command gets its first answer', async () => {
  const random = new Random(SEED + 1);
  const others = notes.acknowledged.filter(({ attempts }) => attempts === 1);
  const sample = [...notes.retried, ...Array.from({ length: 100 }, () => random.pick(others))];
  const again = new Writer(WRITERS, product, notes, SEED);
  const before = notes.repeated;
  await each(sample, (one) => again.repeat(one));
  expect(notes.repeated - before).toBe(sample.length);
  expect(before).toBeGreaterThan(0);
  expect(notes.differing).toEqual([]);
}, 300_000);

it('a telephone number has one member, found by it; the reactor leaves no claim open', async () => {
  await advanceClock(caller, 'PT2M');
  await viewsCaughtUp(caller);
  expect(await openClaims()).toBe(0);
  const mobiles = mobilesOf(notes);
  expect(new Set(mobiles.values()).size).toBe(mobiles.size);
  const wrong: [string, string][] = [];
  const random = new Random(SEED + 2);
  const sample = [...mobiles].filter(() => random.chance(300 / mobiles.size));
  await each(sample, async ([memberId, mobile]) => {
    const { answer } = await caller.untilAnswered(getMember({ $case: 'mobile', value: mobile }));
    if (answer.memberId !== memberId) wrong.push([memberId, answer.memberId]);
    if (!answer.fields.some(({ name, value }) => name === 'mobile' && value === mobile))
      wrong.push([memberId, 'shows another number']);
  });
  expect(wrong).toEqual([]);
  const registered = new Set(notes.of('register').map(mobileIn));
  const lost = notes.lost.map((command) => (command.kind === 'register' ? command.request.info?.mobile : ''));
  expect(lost.filter((mobile) => !registered.has(mobile))).toEqual([]);
}, 300_000);

it('I6 B06 the views equal a replay of the log', async () => {
  await viewsCaughtUp(caller);
  const { code, document, errors } = await product.cli('replay');
  const replayed = document as Replayed;
  expect({ code, errors, same: replayed.same }).toEqual({ code: 0, errors: '', same: true });
  const [log] = await rowsOf<{ head: string }>(product, 'SELECT position::text AS head FROM log.head');
  expect(replayed.position).toBe(log?.head);
  expect(replayed.views.filter(({ parkedStreams }) => parkedStreams !== 0)).toEqual([]);
  expect(replayed.views.map(({ name }) => name)).toContain('audit-trail');
  const directory = replayed.views.find(({ name }) => name === 'member-directory');
  expect(Number(directory?.rows)).toBeGreaterThanOrEqual(notes.of('register').length);
}, 300_000);

it('the old number of a corrected member is free, the new one is taken', async () => {
  const mobiles = mobilesOf(notes);
  const current = new Set(mobiles.values());
  const all = notes.of('ask-correction').flatMap((one) => mobileIn(one) ?? []);
  const taken = all.filter((mobile) => current.has(mobile)).slice(0, 5);
  const first = notes.of('register').flatMap((one) => mobileIn(one) ?? []);
  const free = first.filter((mobile) => !current.has(mobile)).slice(0, 5);
  expect([taken.length, free.length]).toEqual([5, 5]);
  const register = async (mobile: string): Promise<string> => {
    const info = { name: '许一诺', mobile };
    const request = { requestId: `after-${mobile}`, processing: service, info };
    try {
      await caller.untilAnswered(callOf({ kind: 'register', request }));
      return 'registered';
    } catch (error) {
      return error instanceof Refused ? (error.call.reason ?? '') : String(error);
    }
  };
  expect(await Promise.all(taken.map(register))).toEqual(taken.map(() => 'CLAIM_TAKEN'));
  expect(await Promise.all(free.map(register))).toEqual(free.map(() => 'registered'));
}, 300_000);

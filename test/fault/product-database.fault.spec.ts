import { setTimeout as sleep } from 'node:timers/promises';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Caller } from './product/calls.js';
import { callOf, memberIdOf } from './product/commands.js';
import { countsOf, flawsOf, wholeLog } from './product/log.js';
import { advanceClock, viewsCaughtUp } from './product/members.js';
import { People, service } from './product/people.js';
import { backendsOf, kill9, killPostmaster, postmasterOf } from './product/processes.js';
import { Product } from './product/product.js';
import { Random } from './product/random.js';
import { seed } from './product/settings.js';
import { until } from './product/waiting.js';
import { Notes, Writer } from './product/writers.js';

const WRITERS = 8;
const SEED = seed();

let product: Product;

beforeEach(async () => {
  product = new Product('2026-11-20T10:00+08:00');
  await product.start();
}, 180_000);

afterEach(async () => {
  await product.remove();
}, 60_000);

/** Writers at work while something is done to the database; none of them may see anything but an answer or a cut. */
const writeDuring = async (trouble: (notes: Notes) => Promise<void>): Promise<Notes> => {
  const notes = new Notes();
  const failures: unknown[] = [];
  let isDone = false;
  const writers = Array.from({ length: WRITERS }, async (_, number) => {
    const writer = new Writer(number, product, notes, SEED);
    await writer
      .run(() => isDone || failures.length > 0)
      .catch((error: unknown) => {
        failures.push(error);
      });
  });
  try {
    await trouble(notes);
  } finally {
    isDone = true;
    product.isOver = product.life?.ended === true;
    await Promise.all(writers);
  }
  expect({ seed: SEED, failures, differing: notes.differing }).toEqual({
    seed: SEED,
    failures: [],
    differing: [],
  });
  return notes;
};

const more = (notes: Notes, count: number): Promise<void> => {
  const target = notes.acknowledged.length + count;
  return until('the writers write again', () => {
    if (product.life?.ended === true) throw new Error(`the product ended: ${product.life.output}`);
    return notes.acknowledged.length >= target;
  });
};

const expectOnce = async (notes: Notes): Promise<void> => {
  const events = await wholeLog(product);
  expect(flawsOf(events)).toEqual([]);
  expect(countsOf(events, 'MemberRegistered', 'memberId')).toEqual(
    new Map(notes.of('register').map((one) => [memberIdOf(one), 1])),
  );
};

it('A02 goes on, in the same process, when its postmaster and all backends are killed under writers', async () => {
  const life = product.life!;
  const notes = await writeDuring(async (written) => {
    for (let kill = 1; kill <= 3; kill += 1) {
      await more(written, 40);
      const killed = postmasterOf(product.home);
      expect(killPostmaster(product.home)).toBe(true);
      await until('another server runs', () => ![undefined, killed].includes(postmasterOf(product.home)));
    }
    await more(written, 40);
  });
  expect(life.ended).toBe(false);
  expect(notes.retried.length).toBeGreaterThan(0);
  await expectOnce(notes);
  const caller = new Caller(product);
  await advanceClock(caller, 'PT2M');
  await viewsCaughtUp(caller);
  caller.close();
  expect((await product.cli('replay')).code).toBe(0);
  expect(await product.stop()).toMatchObject({ code: 0 });
}, 300_000);

it('A02 goes on when one backend after the other is killed, and the server throws all sessions out', async () => {
  const life = product.life!;
  const random = new Random(SEED);
  const notes = await writeDuring(async (written) => {
    for (let kill = 1; kill <= 3; kill += 1) {
      await more(written, 40);
      const backends = backendsOf(product.home);
      expect(backends.length).toBeGreaterThan(3);
      kill9(random.pick(backends));
      await sleep(500);
    }
    await more(written, 40);
  });
  expect(life.ended).toBe(false);
  await expectOnce(notes);
}, 300_000);

it('A10 I11 answers 200 commands at once, wave after wave, over the same few connections', async () => {
  const caller = new Caller(product);
  const people = new People(1);
  const peaks: number[] = [];
  for (let wave = 1; wave <= 4; wave += 1) {
    let isDone = false;
    let peak = 0;
    const watching = (async () => {
      while (!isDone) {
        peak = Math.max(peak, backendsOf(product.home).length);
        await sleep(20);
      }
    })();
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const request = { requestId: `wave-${wave}-${index}`, processing: service, info: people.next() };
        return memberIdOf({
          command: { kind: 'register', request },
          answer: await caller.once(callOf({ kind: 'register', request })),
          attempts: 1,
        });
      }),
    );
    isDone = true;
    await watching;
    expect(new Set(answers).size).toBe(200);
    peaks.push(peak);
  }
  caller.close();
  const [first = 0, ...later] = peaks;
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(40);
  // None is left behind: the waves that follow need no more than the first two.
  expect(Math.max(...later.slice(1))).toBeLessThanOrEqual(Math.max(first, later[0] ?? 0));
}, 300_000);

it('I12 ends with a failure that says why when its database cannot be started again', async () => {
  const life = product.life!;
  rmSync(join(product.home, 'postgres', 'data', 'global'), { recursive: true });
  killPostmaster(product.home);
  const { code, output } = await product.exited(life);
  expect(code).toBe(1);
  expect(output).toContain('Lacuna stops: its database ended by itself and does not start again.');
  expect(product.addresses()).toBeNull();
}, 300_000);

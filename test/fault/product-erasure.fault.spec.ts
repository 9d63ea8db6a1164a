import { setTimeout as sleep } from 'node:timers/promises';
import { Caller, Refused } from './product/calls.js';
import { callOf, memberIdOf } from './product/commands.js';
import { epochsHeld, erasureStatus, liesOf, readOf, requestErasure, snapshotOf } from './product/erasures.js';
import { advanceClock, getMember, viewsCaughtUp } from './product/members.js';
import { People, realName, service } from './product/people.js';
import { Product } from './product/product.js';
import { Random } from './product/random.js';
import { kills, seed } from './product/settings.js';
import { each, until } from './product/waiting.js';

const IN_A_NIGHT = 4;
const NIGHTS = Math.ceil(kills(8) / IN_A_NIGHT);
const BATCH = 16;
const SEED = seed();
const GONE = ['SUBJECT_RESTRICTED', 'SUBJECT_ERASED', 'MEMBER_ERASED'];

type Person = Readonly<{ memberId: string; mobile: string }>;

let product: Product;
let caller: Caller;
const random = new Random(SEED);
const people = new People(1);
const persons: Person[] = [];
const asked: string[] = [];
const shown: string[] = [];
const lies: string[] = [];
const wrappedUnder = new Map<string, number>();
let looks = 0;

const register = async (): Promise<void> => {
  const info = people.next();
  const mobile = info.mobile ?? '';
  const request = { requestId: `register-${mobile}`, processing: service, info };
  const done = await caller.untilAnswered(callOf({ kind: 'register', request }));
  const memberId = memberIdOf({ command: { kind: 'register', request }, ...done });
  persons.push({ memberId, mobile });
  if (!random.chance(0.5)) return;
  const identity = { name: people.name(), idNumber: people.idNumber(), memberId };
  await caller.untilAnswered(
    callOf({ kind: 'verify', request: { requestId: `verify-${mobile}`, processing: realName, ...identity } }),
  );
};

/** The product is dead and its database is not: nothing moves, so the two stores are seen as they are. */
const look = async (url: string): Promise<void> => {
  lies.push(...liesOf(await snapshotOf(url), epochsHeld(product, 'subject'), wrappedUnder));
  looks += 1;
};

const killAndStart = async (number: number): Promise<void> => {
  const url = product.ownerUrl();
  const database = number % 2 === 0 ? 'with-database' : 'without-database';
  await product.kill(database);
  if (database === 'without-database') await look(url);
  await product.start();
};

/** Reads those whose erasure was acknowledged, for as long as it goes on. */
const readOn = async (isDone: () => boolean): Promise<void> => {
  const reader = new Caller(product);
  while (!isDone()) {
    const memberId = asked.length === 0 ? undefined : random.pick(asked);
    const reason = memberId === undefined ? '' : await readOf(reader, memberId);
    if (memberId !== undefined && !GONE.includes(reason)) shown.push(`${memberId}: ${reason}`);
    await sleep(20);
  }
  reader.close();
};

/** Erasures are asked for while the product dies, again and again. */
const eraseUnderKills = async (batch: readonly Person[]): Promise<void> => {
  let left = batch.length;
  const erasing = each(
    batch,
    async ({ memberId }) => {
      await sleep(random.below(1_500));
      const eraser = new Caller(product);
      await requestErasure(eraser, memberId);
      eraser.close();
      asked.push(memberId);
      left -= 1;
    },
    batch.length,
  );
  for (let kill = 1; kill < IN_A_NIGHT; kill += 1) {
    const before = asked.length;
    await until('an erasure is acknowledged', () => asked.length > before || left === 0);
    await sleep(random.below(250));
    await killAndStart(kill);
  }
  await erasing;
};

const walk = (by: string): Promise<'done' | 'cut'> =>
  advanceClock(caller, by).then(
    () => 'done' as const,
    () => 'cut' as const,
  );

/** The nightly run, with a death in it: what it left half done is done by the next start and the next walk. */
const nightUnderKill = async (): Promise<void> => {
  const walking = walk('P1D');
  await sleep(random.below(1_200));
  await killAndStart(1);
  await walking;
  await advanceClock(caller, 'P1D');
};

const statesOf = async (memberIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const states = new Set<string>();
  await each(memberIds, async (memberId) => {
    states.add((await erasureStatus(caller, memberId)).state);
  });
  return states;
};

beforeAll(async () => {
  product = new Product('2026-11-20T10:00+08:00');
  caller = new Caller(product);
  await product.start();
}, 180_000);

afterAll(async () => {
  caller.close();
  await product.remove();
}, 60_000);

it('E02 R077 every erasure asked for gets to destroyed, and by the nightly run to final, whenever the product dies', async () => {
  let isDone = false;
  const reading = readOn(() => isDone);
  try {
    for (let night = 0; night < NIGHTS; night += 1) {
      await each(Array.from({ length: BATCH + 4 }), register);
      const { epochs } = await snapshotOf(product.ownerUrl());
      for (const [member, epoch] of epochs) wrappedUnder.set(member, epoch);
      const batch = persons.slice(-BATCH);
      await eraseUnderKills(batch);
      const ids = batch.map(({ memberId }) => memberId);
      await until('all are destroyed', async () => [...(await statesOf(ids))].join() === 'destroyed');
      await nightUnderKill();
      expect(await statesOf(ids)).toEqual(new Set(['final']));
    }
  } finally {
    isDone = true;
    await reading;
  }
  process.stdout.write(
    `${JSON.stringify({ seed: SEED, nights: NIGHTS, kills: NIGHTS * IN_A_NIGHT, erased: asked.length, looks, readyAfterMs: product.readyAfterMs })}\n`,
  );
  expect({ seed: SEED, shown, lies }).toEqual({ seed: SEED, shown: [], lies: [] });
  expect(looks).toBeGreaterThan(0);
}, 900_000);

it('E02 an erasure is final when no key lives that could open a value of it', async () => {
  const snapshot = await snapshotOf(product.ownerUrl());
  expect(snapshot.final).toEqual(new Set(asked));
  expect(liesOf(snapshot, epochsHeld(product, 'subject'), wrappedUnder)).toEqual([]);
  // The control: the same look finds those who stayed.
  const stayed = persons.map(({ memberId }) => memberId).filter((memberId) => !asked.includes(memberId));
  expect(stayed.length).toBeGreaterThan(0);
  expect(snapshot.keyed).toEqual(new Set(stayed));
  await each(asked, async (memberId) => {
    const { destroyedAt, unrecoverableAt, items } = await erasureStatus(caller, memberId);
    expect(Date.parse(unrecoverableAt)).toBeGreaterThanOrEqual(Date.parse(destroyedAt));
    expect(items.map(({ category, outcome }) => [category, outcome])).toContainEqual(['real-name', 'retain']);
  });
});

it('E02 reads of the erased answer that they are erased, of the others their values; their numbers are free', async () => {
  await viewsCaughtUp(caller);
  await each(persons, async ({ memberId, mobile }) => {
    const isErased = asked.includes(memberId);
    expect([memberId, await readOf(caller, memberId)]).toEqual([
      memberId,
      isErased ? 'MEMBER_ERASED' : 'value',
    ]);
    const byMobile = caller.once(getMember({ $case: 'mobile', value: mobile })).then(
      ({ memberId: found }) => found,
      (error: unknown) => (error instanceof Refused ? error.call.reason : String(error)),
    );
    expect(await byMobile).toBe(isErased ? 'MEMBER_NOT_FOUND' : memberId);
  });
}, 120_000);

it('I6 the views equal a replay of the log after erasures and kills', async () => {
  await viewsCaughtUp(caller);
  const { code, document } = await product.cli('replay');
  expect({ code, same: (document as { same: boolean }).same }).toEqual({ code: 0, same: true });
}, 120_000);

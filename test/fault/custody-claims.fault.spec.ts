import { randomUUID } from 'node:crypto';
import { contestedClaim, custodySchema, type CustodyService } from '@lacuna/custody';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { claiming, codeOf, drill, freshPhone, registering, TENANT, type Drill } from './custody-drill.js';

let database: FreshDatabase;
let ground: Drill;
let one: CustodyService;
let two: CustodyService;

beforeAll(async () => {
  database = await freshDatabase(custodySchema);
  ground = drill(database.runtimeUrl);
  one = await ground.connect();
  two = await ground.connect();
});

afterAll(async () => {
  await Promise.all([one.close(), two.close()]);
  ground.clear();
  await database.drop();
});

it('R119 two instances claim one phone at once: exactly one has it, in 200 of 200', async () => {
  const rounds = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const phone = freshPhone();
      const racers = [one, two, one, two].map((custody) => {
        const subject = randomUUID();
        const request = registering(subject, { claims: [claiming(phone, randomUUID())] });
        return custody.open(request).then(
          () => subject,
          (error: unknown) => contestedClaim(error),
        );
      });
      const answers = await Promise.all(racers);
      const winners = answers.filter((answer) => typeof answer === 'string');
      const blamed = answers.flatMap((answer) =>
        answer && typeof answer === 'object' ? [answer.subject] : [],
      );
      return { winners, blamed };
    }),
  );
  for (const { winners, blamed } of rounds) {
    expect(winners).toHaveLength(1);
    expect(blamed).toEqual([winners[0], winners[0], winners[0]]);
  }
  const [made] = await ground.sql<{ subjects: number; keys: number }>(
    'SELECT (SELECT count(*)::int FROM custody.subjects) AS subjects, (SELECT count(*)::int FROM custody.subject_keys) AS keys',
  );
  expect(made).toEqual({ subjects: 200, keys: 200 });
});

it('a claim whose holder stalled before its append is settled by the other; the late confirmation changes nothing', async () => {
  const phone = freshPhone();
  const stalled = await one.open(registering(randomUUID(), { claims: [claiming(phone, randomUUID())] }));
  const quick = randomUUID();
  const request = registering(quick, { claims: [claiming(phone, randomUUID())] });
  const contested = contestedClaim(await two.open(request).catch((error: unknown) => error));
  expect(contested?.id).toBe(stalled.claims[0]);
  // ClaimAbandoned has won at that revision: the stalled append can only conflict.
  await two.releaseClaims([contested!.id]);
  await two.confirmClaims((await two.open(request)).claims);
  await one.confirmClaims(stalled.claims);
  await one.releaseClaims(stalled.claims);
  expect(await one.lookup(TENANT, 'mobile', phone)).toBe(quick);
});

it('a retry of the same append finds its claim; at another revision it gets a new one, and the old id frees nothing', async () => {
  const subject = randomUUID();
  const phone = freshPhone();
  const eventId = randomUUID();
  const ask = (expected: bigint | 'none') =>
    registering(subject, { claims: [{ ...claiming(phone, eventId), expected }] });
  const first = await one.open(ask('none'));
  expect((await two.open(ask('none'))).claims).toEqual(first.claims);
  const moved = await two.open(ask(4n));
  expect(moved.claims).not.toEqual(first.claims);
  await one.releaseClaims(first.claims);
  await one.confirmClaims(moved.claims);
  expect(await one.lookup(TENANT, 'mobile', phone)).toBe(subject);
  expect((await one.open(ask(9n))).claims).toEqual(moved.claims);
});

it('A06 a loser in a batch hurts nobody else, and leaves no subject, key or claim', async () => {
  const taken = freshPhone();
  await one.confirmClaims(
    (await one.open(registering(randomUUID(), { claims: [claiming(taken, randomUUID())] }))).claims,
  );
  const losers: string[] = [];
  const free = freshPhone();
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => {
      const subject = randomUUID();
      if (index % 3 === 1) {
        losers.push(subject);
        const claims = [
          claiming(index === 1 ? free : freshPhone(), randomUUID()),
          claiming(taken, randomUUID()),
        ];
        return codeOf(one.open(registering(subject, { claims })));
      }
      if (index % 3 === 2) return codeOf(one.open(registering(subject, { mint: 'keys' })));
      return codeOf(one.open(registering(subject, { claims: [claiming(freshPhone(), randomUUID())] })));
    }),
  );
  const expected = ['resolved', 'CLAIM_TAKEN', 'SUBJECT_UNKNOWN'];
  expect(answers).toEqual(answers.map((_, index) => expected[index % 3]));
  const rows = await ground.sql('SELECT subject FROM custody.subjects WHERE subject = ANY ($1)', [losers]);
  expect(rows).toEqual([]);
  expect(await one.lookup(TENANT, 'mobile', free, { includeOpen: true })).toBeNull();
});

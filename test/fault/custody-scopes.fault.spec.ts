import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Sealed } from '@lacuna/domain/kernel';
import { custodySchema, type CustodyService } from '@lacuna/custody';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { codeOf, drill, MONTH, NIGHT, NOW, register, TENANT, type Drill } from './custody-drill.js';

jest.setTimeout(300_000);

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

type Left = Readonly<{ subject: string; day: string; eventId: string; sealed: Sealed }>;

const people = async (custody: CustodyService, count: number): Promise<readonly string[]> => {
  const made = await Promise.all(Array.from({ length: count }, () => register(custody)));
  await custody.prepareSubjects(TENANT, ['behaviour', 'activity']);
  return made.map((person) => person.subject);
};

const asking = (subject: string, scope: string, category = 'behaviour') => ({
  tenant: TENANT,
  subject,
  category,
  scope,
  mint: true,
  now: NOW,
});

const leave = async (custody: CustodyService, subject: string, day: string): Promise<Left> => {
  const keys = await custody.openScoped(asking(subject, day));
  const eventId = keys.id('request');
  return { subject, day, eventId, sealed: keys.seal('body', eventId, `${subject} ${day}`) };
};

/** Of what was left behind: how much opens, as what it was. */
const opening = async (custody: CustodyService, left: readonly Left[]): Promise<number> => {
  let open = 0;
  for (const { subject, day, eventId, sealed } of left) {
    const [keys] = await custody.openScopes({ tenant: TENANT, subject }, 'behaviour', [day]);
    if (keys?.open('body', eventId, sealed) === `${subject} ${day}`) open += 1;
  }
  return open;
};

type KeyFile = { keys: { keyClass: string; epoch: number }[] };
const keksOf = (text: string): readonly string[] =>
  (JSON.parse(text.split('\n{')[0]!) as KeyFile).keys
    .map(({ keyClass, epoch }) => `${keyClass}/${epoch}`)
    .sort();

it.each(['created', 'cut', 'rewrapped', 'destroyed', 'finished'] as const)(
  'E02 killed right after scope/%s: what lives opens, what was destroyed never, and the next start completes it',
  async (step) => {
    const custody = await ground.connect();
    const subjects = await people(custody, 5);
    const gone = await Promise.all(subjects.map((subject) => leave(custody, subject, '1998-01-01')));
    const living = await Promise.all(subjects.map((subject) => leave(custody, subject, '1998-06-30')));
    const destruction = {
      tenant: TENANT,
      category: 'behaviour',
      scopes: { through: '1998-01-01' },
      now: NIGHT,
    };
    const [destroyed] = await custody.destroyScopes(destruction);
    const at = { step: `scope/${step}` };
    expect(await ground.child({ work: 'rotate', now: NIGHT, month: MONTH, at })).toBe('SIGKILL');
    const next = await ground.connect();
    for (const own of [custody, next]) {
      expect(await opening(own, living)).toBe(5);
      expect(await opening(own, gone)).toBe(0);
    }
    await next.rotate(NIGHT, MONTH);
    const [rotation] = await next.rotations();
    expect(rotation).toMatchObject({ keyClass: 'scope', epoch: 2 });
    expect(rotation!.destroyedBefore >= destroyed!.destroyedAt).toBe(true);
    expect(keksOf(ground.keyFiles())).toEqual(['lookup/1', 'scope/2', 'subject/1']);
    for (const own of [custody, next]) expect(await opening(own, living)).toBe(5);
    // Asked again it tells the same day: what the log does not name yet is found.
    expect(await next.destroyScopes(destruction)).toEqual([destroyed]);
    expect(await next.destroyedScopes(TENANT, 'behaviour', NIGHT)).toEqual([destroyed]);
    await Promise.all([custody.close(), next.close()]);
  },
);

it('E02 E03 killed before each statement of a destruction: a day and an activity are gone whole or there whole', async () => {
  const custody = await ground.connect();
  const [subject = ''] = await people(custody, 1);
  const survived: string[] = [];
  let killed = 0;
  for (let query = 1; ; query += 1) {
    const day = `1997-${String(1 + Math.floor(query / 28)).padStart(2, '0')}-${String(1 + (query % 28)).padStart(2, '0')}`;
    const activity = randomUUID();
    const participants = [randomUUID(), randomUUID()];
    for (const id of participants) {
      const stream = `${TENANT}.activity-${activity}`;
      const participant = { id, stream, expected: 0n, eventId: randomUUID() };
      const { claims } = await custody.openScoped({ ...asking(subject, activity, 'activity'), participant });
      await custody.confirmClaims(claims);
    }
    const left = await leave(custody, subject, day);
    const common = { tenant: TENANT, now: NIGHT };
    const destructions = [
      { ...common, category: 'activity', scopes: [activity], participants },
      { ...common, category: 'behaviour', scopes: { through: day } },
    ];
    const holders = () => Promise.all(participants.map((id) => custody.lookup(TENANT, 'participant', id)));
    const signal = await ground.child({ work: 'destroyScopes', destructions, at: { query } });
    const activities = await custody.livingScopes(TENANT, 'activity');
    const found = (await holders()).filter((holder) => holder === subject).length;
    survived.push(`${activities.length} ${found} ${await opening(custody, [left])}`);
    for (const destruction of destructions) await custody.destroyScopes(destruction);
    expect(await holders()).toEqual([null, null]);
    expect(await opening(custody, [left])).toBe(0);
    expect(await codeOf(custody.openScoped(asking(subject, activity, 'activity')))).toBe('SCOPE_CLOSED');
    expect(await codeOf(custody.openScoped(asking(subject, day)))).toBe('SCOPE_CLOSED');
    if (signal === null) break;
    killed += 1;
  }
  // Whole, then without the activity, then without the day: nothing else was ever seen, and each of them was.
  expect([...new Set(survived)]).toEqual(['1 2 1', '0 0 1', '0 0 0']);
  expect(killed).toBeGreaterThanOrEqual(15);
  await custody.close();
});

it('E04 R041 a day, a night or an import put back from before the rotation cannot be unwrapped', async () => {
  const custody = await ground.connect();
  const [subject = ''] = await people(custody, 1);
  const left = await leave(custody, subject, '1998-01-01');
  const hold = await custody.holdNight(TENANT, '1998-07-01', () => Promise.resolve(0n));
  hold.release();
  const file = {
    tenant: TENANT,
    kind: 'purchase',
    length: 1,
    sha256: 'ab'.repeat(32),
    rows: 1,
    chunkRows: 1,
  };
  const { importId, seed } = await custody.beginImport(file, NOW);
  const before = await ground.sql<{ scope: string; wrapped: Buffer }>(
    `SELECT scope, wrapped FROM custody.scope_keys WHERE scope IN ('1998-01-01', '1998-07-01')`,
  );
  const [imported] = await ground.sql<{ wrapped: Buffer; kek_epoch: number }>(
    'SELECT wrapped, kek_epoch FROM custody.imports',
  );
  await custody.closeNights(TENANT, '1998-07-01');
  const destroy = async (): Promise<void> => {
    await custody.destroyScopes({
      tenant: TENANT,
      category: 'behaviour',
      scopes: { through: '1998-01-01' },
      now: NIGHT,
    });
    await custody.destroyScopes({ tenant: TENANT, category: 'night', scopes: ['1998-07-01'], now: NIGHT });
  };
  const restore = async (): Promise<void> => {
    for (const { scope, wrapped } of before)
      await ground.sql('UPDATE custody.scope_keys SET wrapped = $2, destroyed_at = NULL WHERE scope = $1', [
        scope,
        wrapped,
      ]);
    await ground.sql('DELETE FROM custody.imports');
    await ground.sql(
      `INSERT INTO custody.imports (import_id, tenant, kind, length, sha256, rows, chunk_rows, begun_at, kek_epoch, wrapped)
       VALUES ($1, $2, 'purchase', 1, $3, 1, 1, $4, $5, $6)`,
      [importId, TENANT, file.sha256, NOW, imported!.kek_epoch, imported!.wrapped],
    );
  };
  await destroy();
  await custody.endImport(TENANT, importId);
  expect(await opening(custody, [left])).toBe(0);
  // A dump of before is as good as the key until the rotation: that is why it rotates.
  await restore();
  const control = await ground.connect();
  expect(await opening(control, [left])).toBe(1);
  expect(await control.closeNights(TENANT, '1998-07-01')).toHaveLength(1);
  expect((await control.importState(TENANT, importId))?.seed).toBe(seed);
  await control.close();

  await destroy();
  await custody.endImport(TENANT, importId);
  await custody.rotate(NIGHT, MONTH);
  await restore();
  const next = await ground.connect();
  expect(await codeOf(opening(next, [left]))).toBe('KEK_MISSING');
  expect(await codeOf(next.closeNights(TENANT, '1998-07-01'))).toBe('KEK_MISSING');
  expect(await codeOf(next.importState(TENANT, importId))).toBe('KEK_MISSING');
  await Promise.all([custody.close(), next.close()]);
});

it('E05 records, mints and prepares while scopes end and rotate, with 0 failed calls and nothing lost', async () => {
  const custody = await ground.connect();
  const other = await ground.connect();
  const subjects = await people(custody, 40);
  const day = (index: number): string => new Date(Date.UTC(1998, 0, 1 + index)).toISOString().slice(0, 10);
  const left: Left[] = [];
  const failures: string[] = [];
  let closed = -1;
  let running = true;
  let calls = 0;
  const recording = async (own: CustodyService): Promise<void> => {
    while (running) {
      calls += 1;
      const subject = subjects[calls % subjects.length]!;
      // Far from the horizon: what is refused for it is another test's.
      const scope = day(closed + 3 + (calls % 5));
      const code = await codeOf(leave(own, subject, scope).then((one) => left.push(one)));
      if (code !== 'resolved') failures.push(code);
    }
  };
  const workers = [custody, other].flatMap((own) => Array.from({ length: 6 }, () => recording(own)));
  try {
    for (let round = 0; round < 6; round += 1) {
      const through = day(closed + 1);
      closed += 1;
      const own = round % 2 ? custody : other;
      await own.destroyScopes({ tenant: TENANT, category: 'behaviour', scopes: { through }, now: NIGHT });
      await own.rotate(NIGHT, MONTH);
      await register(own);
      await own.prepareSubjects(TENANT, ['behaviour', 'activity']);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    running = false;
    await Promise.all(workers);
  }
  expect(failures).toEqual([]);
  const sample = left.filter((_, index) => index % Math.ceil(left.length / 400) === 0);
  const dead = sample.filter(({ day: scope }) => scope <= day(closed));
  const living = sample.filter(({ day: scope }) => scope > day(closed));
  const fresh = await ground.connect();
  for (const own of [custody, other, fresh]) {
    expect(await opening(own, living)).toBe(living.length);
    expect(await opening(own, dead)).toBe(0);
  }
  expect(living.length).toBeGreaterThan(50);
  expect(dead.length).toBeGreaterThan(10);
  await Promise.all([custody.close(), other.close(), fresh.close()]);
});

it('a process killed while it holds a night lets go, after the time in which its append could land', async () => {
  const custody = await ground.connect({ nightGraceMs: 1_500 });
  const job = { work: 'holdNight', tenant: TENANT, night: '1998-07-01' };
  expect(await ground.child({ ...job, at: { held: true } })).toBe('SIGKILL');
  const started = Date.now();
  expect(await custody.closeNights(TENANT, '1998-07-01')).toHaveLength(1);
  expect(Date.now() - started).toBeGreaterThanOrEqual(1_500);
  // One that had released it is not waited for: so long that the test would fail.
  const patient = await ground.connect({ nightGraceMs: 600_000 });
  expect(await ground.child({ ...job, night: '1998-07-02', at: {} })).toBeNull();
  expect(await patient.closeNights(TENANT, '1998-07-02')).toHaveLength(2);
  await Promise.all([custody.close(), patient.close()]);
});

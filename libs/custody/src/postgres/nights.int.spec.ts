import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Sealed } from '@lacuna/domain/kernel';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import {
  createCustody,
  createFileKms,
  custodySchema,
  type CustodyService,
  type NightHold,
} from '../index.js';

const TENANT = 'car-club';
const NIGHT = '1998-07-01';
const NEXT = '1998-07-02';
const AFTER = '1998-07-03';
const NOW = '1998-07-01T15:00:00.000Z';
const GRACE_MS = 1_000;

let database: FreshDatabase;
let folder: string;
let custody: CustodyService;
let second: CustodyService;
let sql: Client;

const connect = (nightGraceMs = GRACE_MS): Promise<CustodyService> =>
  createCustody({
    connectionString: database.runtimeUrl,
    kms: createFileKms({ file: join(folder, 'keys'), backupFile: join(folder, 'keys.backup') }),
    nightGraceMs,
  });

beforeEach(async () => {
  database = await freshDatabase(custodySchema);
  folder = mkdtempSync(join(tmpdir(), 'lacuna-custody-'));
  custody = await connect();
  second = await connect();
  sql = new Client({ connectionString: database.ownerUrl });
  await sql.connect();
});

afterEach(async () => {
  await Promise.all([custody.close(), second.close(), sql.end()]);
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code: string }).code,
  );

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const hold = (own: CustodyService, night = NIGHT, head = 7n): Promise<NightHold> =>
  own.holdNight(TENANT, night, () => Promise.resolve(head));

/** How a promise stands after a while. */
const standing = async (promise: Promise<unknown>, ms: number): Promise<'waiting' | 'done'> =>
  Promise.race([promise.then(() => 'done' as const), pause(ms).then(() => 'waiting' as const)]);

it('R041 seals copies under the night, with a pseudonym that holds for it alone, and gives them back once it is closed', async () => {
  const one = await hold(custody);
  const two = await hold(second, NIGHT, 9n);
  const next = await hold(custody, NEXT, 11n);
  const subject = randomUUID();
  expect(two.pseudonym(subject)).toBe(one.pseudonym(subject));
  expect(one.pseudonym(subject)).toHaveLength(22);
  expect(next.pseudonym(subject)).not.toBe(one.pseudonym(subject));
  expect(one.pseudonym(randomUUID())).not.toBe(one.pseudonym(subject));
  expect(two.id('chunk')).toBe(one.id('chunk'));
  expect(next.id('chunk')).not.toBe(one.id('chunk'));
  const eventId = randomUUID();
  const copy = one.seal('copy', eventId, 'a copy');
  expect(copy.sealed).toMatch(/^LS2:copy:/);
  for (const each of [one, two, next]) each.release();
  const [closed, ...others] = await second.closeNights(TENANT, NIGHT);
  expect(others).toEqual([]);
  // Where its events can begin: before the first hold was given.
  expect(closed).toMatchObject({ night: NIGHT, from: 7n });
  expect(closed?.open('copy', eventId, copy)).toBe('a copy');
  expect(closed?.open('copies', eventId, copy)).toBeNull();
  expect(closed?.id('chunk')).toBe(one.id('chunk'));
  // A crash came: asked again it is the same, until its key is destroyed.
  expect((await custody.closeNights(TENANT, NIGHT)).map(({ from }) => from)).toEqual([7n]);
  const destruction = { tenant: TENANT, category: 'night', scopes: [NIGHT], now: NOW };
  expect((await custody.destroyScopes(destruction)).map(({ scope }) => scope)).toEqual([NIGHT]);
  expect(await custody.closeNights(TENANT, NIGHT)).toEqual([]);
  expect((await custody.closeNights(TENANT, NEXT)).map(({ night, from }) => [night, from])).toEqual([
    [NEXT, 11n],
  ]);
});

it('keeps where a night can begin when a second process comes to make it later', async () => {
  const late = custody.holdNight(TENANT, NIGHT, async () => {
    (await hold(second, NIGHT, 9n)).release();
    return 12n;
  });
  (await late).release();
  expect((await custody.closeNights(TENANT, NIGHT)).map(({ from }) => from)).toEqual([9n]);
});

it('gives no hold on a night that is closing, closed or past, with or without a key', async () => {
  (await hold(custody)).release();
  await second.closeNights(TENANT, NIGHT);
  for (const own of [custody, second])
    for (const night of [NIGHT, '1998-06-30']) expect(await code(hold(own, night))).toBe('NIGHT_CLOSED');
  (await hold(custody, NEXT)).release();
  expect(await custody.livingScopes(TENANT, 'night')).toEqual([NIGHT, NEXT]);
  // Another tenant's nights are its own.
  const other = await custody.holdNight('other-club', NIGHT, () => Promise.resolve(1n));
  other.release();
  expect((await custody.closeNights('other-club', NIGHT)).map(({ night }) => night)).toEqual([NIGHT]);
});

it('waits for who holds the night, in this process and in another, however long they stall', async () => {
  for (const own of [custody, second]) {
    const night = own === custody ? NIGHT : NEXT;
    const holds = [await hold(own, night), await hold(own, night)];
    const closing = custody.closeNights(TENANT, night);
    expect(await standing(closing, 2 * GRACE_MS)).toBe('waiting');
    expect(await code(hold(own, night))).toBe('NIGHT_CLOSED');
    // What was asked for before goes on, and is waited for.
    const sealed = holds[1]!.seal('copy', randomUUID(), 'late');
    expect(sealed.sealed).toMatch(/^LS2:/);
    holds[0]!.release();
    holds[0]!.release();
    expect(await standing(closing, 200)).toBe('waiting');
    holds[1]!.release();
    expect((await closing).map((one) => one.night)).toContain(night);
  }
});

it('waits for nobody who has let go: not for a hold that is released, nor for a process that ends after it', async () => {
  // So long that the test fails where it is waited for.
  const patient = await connect(120_000);
  (await hold(patient)).release();
  expect(await second.closeNights(TENANT, NIGHT)).toHaveLength(1);
  const held = await hold(second, NEXT);
  const closing = patient.closeNights(TENANT, NEXT);
  expect(await standing(closing, 200)).toBe('waiting');
  held.release();
  expect(await closing).toHaveLength(2);
  const ended = await connect();
  (await hold(ended, AFTER)).release();
  await ended.close();
  expect(await patient.closeNights(TENANT, AFTER)).toHaveLength(3);
  await patient.close();
});

it('is closed under callers who never stop asking: they are sent to the next night', async () => {
  (await hold(custody)).release();
  let running = true;
  const given: string[] = [];
  const asking = async (own: CustodyService): Promise<void> => {
    while (running) {
      const night = await hold(own).catch((error: unknown) => (error as { code: string }).code);
      if (typeof night === 'string') {
        given.push(night);
        return;
      }
      await pause(2);
      night.release();
    }
  };
  const callers = [custody, second].flatMap((own) => [asking(own), asking(own), asking(own)]);
  await pause(300);
  const closed = await second.closeNights(TENANT, NIGHT);
  expect(closed).toHaveLength(1);
  await pause(300);
  running = false;
  await Promise.all(callers);
  expect(given).toEqual(Array(6).fill('NIGHT_CLOSED'));
});

it('R041 has every copy sealed under a hold in the log before the night is read', async () => {
  const log: { eventId: string; copy: Sealed }[] = [];
  let answered = 0;
  const recording = async (own: CustodyService): Promise<void> => {
    for (;;) {
      let night: NightHold;
      try {
        night = await hold(own);
      } catch (error) {
        expect(error).toMatchObject({ code: 'NIGHT_CLOSED' });
        return;
      }
      const eventId = randomUUID();
      const copy = night.seal('copy', eventId, 'x');
      await pause(Math.random() * 40);
      log.push({ eventId, copy });
      answered += 1;
      night.release();
    }
  };
  const writers = [custody, second].flatMap((own) => Array.from({ length: 20 }, () => recording(own)));
  await pause(400);
  const [closed] = await custody.closeNights(TENANT, NIGHT);
  const read = log.filter(({ eventId, copy }) => closed?.open('copy', eventId, copy) === 'x').length;
  await Promise.all(writers);
  expect(read).toBe(answered);
  expect(answered).toBeGreaterThan(100);
});

const cutSessions = async (): Promise<number> => {
  const cut = await sql.query(
    `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE l.locktype = 'advisory' AND l.mode = 'ShareLock' AND d.datname = current_database()`,
  );
  return cut.rowCount ?? 0;
};

it('A03 a process whose session is cut takes its lock again, and is waited for', async () => {
  const held = await hold(second);
  expect(await cutSessions()).toBe(1);
  const closing = custody.closeNights(TENANT, NIGHT);
  expect(await standing(closing, 2 * GRACE_MS)).toBe('waiting');
  expect(held.seal('copy', randomUUID(), 'x').sealed).toMatch(/^LS2:/);
  held.release();
  expect(await closing).toHaveLength(1);
});

it('a process that ends while it holds a night is waited for as long as its append could land', async () => {
  const third = await connect();
  await hold(third);
  await third.close();
  const started = Date.now();
  expect(await custody.closeNights(TENANT, NIGHT)).toHaveLength(1);
  expect(Date.now() - started).toBeGreaterThanOrEqual(GRACE_MS);
});

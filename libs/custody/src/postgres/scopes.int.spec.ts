import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { EventMetadata, Sealed } from '@lacuna/domain/kernel';
import { createMemoryEventStore, type NewEvent, type RecordedEvent } from '@lacuna/event-store';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import {
  createCustody,
  createFileKms,
  custodySchema,
  type CustodyService,
  type LoggedDestruction,
  type ScopedKeys,
  type ScopedRequest,
} from '../index.js';

const NOW = '1998-07-01T00:00:00.000Z';
const NIGHT = '1998-07-01T15:00:00.000Z';
const TENANT = 'car-club';
const DAY = '1998-06-30';

let database: FreshDatabase;
let folder: string;
let custody: CustodyService;
let second: CustodyService;
let sql: Client;

const connect = (): Promise<CustodyService> =>
  createCustody({
    connectionString: database.runtimeUrl,
    kms: createFileKms({ file: join(folder, 'keys'), backupFile: join(folder, 'keys.backup') }),
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

const members = (count: number, own = custody): Promise<readonly string[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const subject = randomUUID();
      await own.open({ tenant: TENANT, subject, categories: ['basic'], mint: 'subject', now: NOW });
      return subject;
    }),
  );

const prepared = async (count: number, categories = ['behaviour']): Promise<readonly string[]> => {
  const subjects = await members(count);
  await custody.prepareSubjects(TENANT, categories);
  return subjects;
};

const asking = (subject: string, more: Partial<ScopedRequest> = {}): ScopedRequest => ({
  tenant: TENANT,
  subject,
  category: 'behaviour',
  scope: DAY,
  mint: true,
  now: NOW,
  ...more,
});

const erase = async (subject: string, categories: readonly string[], own = custody) => {
  const ref = { tenant: TENANT, subject };
  await own.restrict(ref, { request: 'r' }, NOW);
  return own.destroy({ ...ref, categories, derived: [], now: NIGHT });
};

const names = (keys: ScopedKeys) => [
  keys.stream(0),
  keys.stream(1),
  keys.id('a'),
  keys.id('b'),
  keys.tag('a'),
  keys.tag('b'),
];

const behaviourOf = (own: CustodyService, through: string) =>
  own.destroyScopes({ tenant: TENANT, category: 'behaviour', scopes: { through }, now: NIGHT });

const rows = async <Row extends object>(text: string, values: unknown[] = []): Promise<readonly Row[]> =>
  (await sql.query<Row>(text, values)).rows;

it('R041 gives a person keys of each day: the same everywhere, other ones for every person, day and category', async () => {
  const [one = '', other = ''] = await prepared(2, ['behaviour', 'activity']);
  const keys = await custody.openScoped(asking(one));
  const again = await second.openScoped(asking(one, { mint: false }));
  expect(names(again)).toEqual(names(keys));
  const others = await Promise.all([
    custody.openScoped(asking(other)),
    custody.openScoped(asking(one, { scope: '1998-06-29' })),
    custody.openScoped(asking(one, { category: 'activity' })),
  ]);
  const all = [keys, ...others].flatMap(names);
  expect(new Set(all).size).toBe(24);
  const eventId = randomUUID();
  const sealed = keys.seal('body', eventId, 'fuel');
  expect(sealed.sealed).toMatch(/^LS2:body:/);
  expect(again.open('body', eventId, sealed)).toBe('fuel');
  expect(others.map((wrong) => wrong.open('body', eventId, sealed))).toEqual([null, null, null]);
  expect(again.open('copy', eventId, sealed)).toBeNull();
  expect(again.open('body', randomUUID(), sealed)).toBeNull();
  // Whoever has only the value cannot even ask whose it is.
  expect(await custody.unseal(TENANT, [sealed])).toEqual([{ kind: 'corrupt' }]);
});

it('answers each reason why there are no keys with a code of its own', async () => {
  const [live = '', restricted = '', erased = ''] = await prepared(3);
  const [unprepared = ''] = await members(1);
  await custody.openScoped(asking(live));
  await custody.restrict({ tenant: TENANT, subject: restricted }, { request: 'r' }, NOW);
  await erase(erased, ['basic', 'behaviour']);
  const answers = [
    asking(randomUUID()),
    asking(restricted),
    asking(erased),
    asking(unprepared),
    asking(live, { scope: '1998-06-01', mint: false }),
    asking(live, { scope: 'membership' }),
  ].map((request) => code(custody.openScoped(request)));
  expect(await Promise.all(answers)).toEqual([
    'SUBJECT_UNKNOWN',
    'SUBJECT_RESTRICTED',
    'SUBJECT_ERASED',
    'SUBJECT_UNPREPARED',
    'SCOPE_UNKNOWN',
    'CUSTODY_ARGUMENT_INVALID',
  ]);
  const asked = { tenant: TENANT, subject: unprepared };
  expect(await custody.openScopes(asked, 'behaviour', [DAY])).toEqual([]);
  expect(await code(custody.openScopes({ ...asked, subject: erased }, 'behaviour', [DAY]))).toBe(
    'SUBJECT_ERASED',
  );
  // Nobody's refusal makes a key for a day.
  expect(await custody.livingScopes(TENANT, 'behaviour')).toEqual([DAY]);
});

it('R041 destroys every day up to one, also those that never had a key, and makes none of them again', async () => {
  const [subject = ''] = await prepared(1);
  const days = ['1998-01-30', '1998-01-31', '1998-02-01'];
  const eventId = randomUUID();
  const held = await Promise.all(days.map((scope) => custody.openScoped(asking(subject, { scope }))));
  const sealed = held.map((keys) => keys.seal('body', eventId, keys.scope));
  const gone = await behaviourOf(second, '1998-01-31');
  expect(gone.map((one) => one.scope)).toEqual(['1998-01-30', '1998-01-31']);
  expect(await behaviourOf(custody, '1998-01-31')).toEqual(gone);
  // An older horizon never brings a newer one back.
  await behaviourOf(custody, '1997-12-31');
  for (const own of [custody, second]) {
    const open = await own.openScopes({ tenant: TENANT, subject }, 'behaviour', days);
    expect(open.map((keys) => keys.scope)).toEqual(['1998-02-01']);
    expect(open[0]?.open('body', eventId, sealed[2] as Sealed)).toBe('1998-02-01');
    for (const scope of ['1997-05-05', '1998-01-29', '1998-01-31'])
      for (const mint of [true, false])
        expect(await code(own.openScoped(asking(subject, { scope, mint })))).toBe(
          mint || scope === '1998-01-31' ? 'SCOPE_CLOSED' : 'SCOPE_UNKNOWN',
        );
  }
  expect(await custody.livingScopes(TENANT, 'behaviour')).toEqual(['1998-02-01']);
  expect(await custody.destroyedScopes(TENANT, 'behaviour', NIGHT)).toEqual(gone);
  expect(await custody.destroyedScopes(TENANT, 'behaviour', '1998-07-01T15:00:00.001Z')).toEqual([]);
  // Another tenant's days and another category's are their own.
  expect(await custody.livingScopes('other-club', 'behaviour')).toEqual([]);
  expect((await custody.counts()).destroyedByClass.scope).toBe(2);
});

it('destroys scopes by their names for ever, with the claims of their participants, and rotates what it must', async () => {
  const [one = '', other = ''] = await prepared(2, ['activity']);
  const [activity, next] = [randomUUID(), randomUUID()];
  const joining = (subject: string, id: string, scope: string) =>
    custody.openScoped(
      asking(subject, {
        category: 'activity',
        scope,
        participant: { id, stream: `${TENANT}.activity-${scope}`, expected: 3n, eventId: randomUUID() },
      }),
    );
  const ids = [randomUUID(), randomUUID(), randomUUID()];
  const keys = [
    await joining(one, ids[0]!, activity),
    await joining(other, ids[1]!, activity),
    await joining(one, ids[2]!, next),
  ];
  for (const { claims } of keys) expect(claims).toHaveLength(1);
  await custody.confirmClaims(keys.flatMap(({ claims }) => claims));
  const holders = () => Promise.all(ids.map((id) => second.lookup(TENANT, 'participant', id)));
  expect(await holders()).toEqual([one, other, one]);
  // Computed anew under the next epoch, they are still found.
  await custody.releaseClaims((await joining(other, randomUUID(), next)).claims);
  await custody.rotate(NOW, '1998-07');
  expect(await holders()).toEqual([one, other, one]);

  const destruction = { tenant: TENANT, category: 'activity', scopes: [activity], now: NIGHT };
  const gone = await custody.destroyScopes({ ...destruction, participants: [ids[0]!] });
  expect(gone.map(({ scope }) => scope)).toEqual([activity]);
  // What the caller did not name goes with the key that seals it, at the rotation.
  expect(await holders()).toEqual([null, other, one]);
  await custody.rotate(NIGHT, '1998-07');
  expect(await holders()).toEqual([null, null, one]);
  expect(await code(joining(one, randomUUID(), activity))).toBe('SCOPE_CLOSED');
  expect(await custody.rotations()).toMatchObject([
    { keyClass: 'lookup', epoch: 3 },
    { keyClass: 'scope', epoch: 2 },
  ]);
  // One that never had a key gets a tombstone, and no mention.
  const unmade = randomUUID();
  expect(await custody.destroyScopes({ ...destruction, scopes: [unmade] })).toEqual([]);
  expect(await code(joining(one, randomUUID(), unmade))).toBe('SCOPE_CLOSED');
  // An erasure takes the participants of all activities.
  await erase(one, ['basic', 'activity']);
  expect(await holders()).toEqual([null, null, null]);
});

it('E03 makes no key behind the horizon, whoever mints while it is drawn', async () => {
  const subjects = await prepared(8);
  const days = Array.from({ length: 28 }, (_, index) => `1998-02-${String(index + 1).padStart(2, '0')}`);
  const codes: string[] = [];
  // The newest first, the horizon from the oldest on: they meet half way.
  const minting = async (own: CustodyService, subject: string): Promise<void> => {
    for (const scope of days.toReversed()) codes.push(await code(own.openScoped(asking(subject, { scope }))));
  };
  const destroying = async (): Promise<void> => {
    for (const through of days) {
      const gone = await behaviourOf(second, through);
      const late = await rows(
        `SELECT scope FROM custody.scope_keys WHERE category = 'behaviour' AND wrapped IS NOT NULL AND scope <= $1`,
        [through],
      );
      expect(late).toEqual([]);
      expect(gone.every(({ scope }) => scope <= through)).toBe(true);
    }
  };
  await Promise.all([
    ...subjects.map((subject, index) => minting(index % 2 ? custody : second, subject)),
    destroying(),
  ]);
  expect(await custody.livingScopes(TENANT, 'behaviour')).toEqual([]);
  expect(new Set(codes)).toEqual(new Set(['resolved', 'SCOPE_CLOSED']));
});

const standing = async (promise: Promise<unknown>, ms: number): Promise<'waiting' | 'done'> =>
  Promise.race([
    promise.then(() => 'done' as const),
    new Promise<'waiting'>((resolve) => setTimeout(() => resolve('waiting'), ms)),
  ]);

it('E03 waits for a mint that is under way, and lets none begin until it is done', async () => {
  const [subject = ''] = await prepared(1);
  await behaviourOf(custody, '1998-01-31');
  // A mint is stopped half way: what it would insert is being inserted, and then is not.
  await sql.query('BEGIN');
  await sql.query(
    `INSERT INTO custody.scope_keys (ref, tenant, category, scope, kek_epoch, destroyed_at, had_key)
     VALUES (gen_random_uuid(), $1, 'behaviour', '1998-02-01', 0, now(), false)`,
    [TENANT],
  );
  const stopped = code(second.openScoped(asking(subject, { scope: '1998-02-01' })));
  expect(await standing(stopped, 300)).toBe('waiting');
  const destroying = behaviourOf(custody, '1998-02-01');
  expect(await standing(destroying, 300)).toBe('waiting');
  await sql.query('ROLLBACK');
  expect((await destroying).map(({ scope }) => scope)).toEqual(['1998-02-01']);
  expect(await custody.livingScopes(TENANT, 'behaviour')).toEqual([]);
  expect(await stopped).toMatch(/^(resolved|SCOPE_CLOSED)$/);
  // Somebody else's destruction, stopped before its commit.
  await sql.query('BEGIN');
  await sql.query(`UPDATE custody.scope_horizons SET through = '1998-02-10' WHERE tenant = $1`, [TENANT]);
  const minting = code(second.openScoped(asking(subject, { scope: '1998-02-05' })));
  expect(await standing(minting, 300)).toBe('waiting');
  await sql.query('COMMIT');
  expect(await minting).toBe('SCOPE_CLOSED');
});

it('R041 leaves no trace of the person whose keys are asked for: no row, no lock, no write', async () => {
  const subjects = await prepared(500);
  await custody.openScoped(asking(subjects[0]!));
  // A table's own counters come late: the rows themselves are what an attacker has.
  const traces = () =>
    rows(
      `SELECT 'subject' AS of, subject AS name, ctid::text, xmin::text, xmax::text FROM custody.subjects
       UNION ALL SELECT 'key', ref::text, ctid::text, xmin::text, xmax::text FROM custody.subject_keys
       UNION ALL SELECT 'scope', ref::text, ctid::text, xmin::text, xmax::text FROM custody.scope_keys
       UNION ALL SELECT 'claim', id::text, ctid::text, xmin::text, xmax::text FROM custody.claims
       UNION ALL SELECT 'horizon', tenant || category, ctid::text, xmin::text, xmax::text FROM custody.scope_horizons
       ORDER BY 1, 2`,
    );
  await rows('CREATE EXTENSION IF NOT EXISTS pg_walinspect');
  // A commit of our own: what was written before it is in the log on disk, which is all that can be looked at.
  const position = async (): Promise<string> => {
    await rows(`SELECT pg_logical_emit_message(true, 'custody', 'here')`);
    return (await rows<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn'))[0]!.lsn;
  };
  const writtenSince = (from: string, to: string) =>
    rows<{ name: string; record: string }>(
      `SELECT c.relname AS name, w.record_type AS record
         FROM pg_get_wal_block_info($1::pg_lsn, $2::pg_lsn) w
         JOIN pg_database d ON d.oid = w.reldatabase AND d.datname = current_database()
         JOIN pg_class c ON pg_relation_filenode(c.oid) = w.relfilenode
         JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'custody'`,
      [from, to],
    );
  const before = await traces();
  const written = await position();
  const keys = await Promise.all(subjects.map((subject) => custody.openScoped(asking(subject))));
  expect(new Set(keys.map((one) => one.stream(0))).size).toBe(500);
  expect(await traces()).toEqual(before);
  expect(await writtenSince(written, await position())).toEqual([]);
  // What would be seen: a lock of one row.
  const locked = await position();
  await rows('SELECT FROM custody.subjects WHERE subject = $1 FOR SHARE', [subjects[0]]);
  expect(await writtenSince(locked, await position())).toContainEqual({ name: 'subjects', record: 'LOCK' });
});

it('prepares every live member once, in no order, and nobody else', async () => {
  const subjects = await members(60);
  const identity = randomUUID();
  await custody.open({
    tenant: TENANT,
    subject: identity,
    categories: ['real-name'],
    mint: 'subject',
    now: NOW,
  });
  await custody.restrict({ tenant: TENANT, subject: subjects[0]! }, { request: 'r' }, NOW);
  await erase(subjects[1]!, ['basic']);
  const counts = await Promise.all([
    custody.prepareSubjects(TENANT, ['behaviour', 'activity']),
    second.prepareSubjects(TENANT, ['behaviour', 'activity']),
  ]);
  expect(counts[0] + counts[1]).toBe(116);
  expect(await custody.prepareSubjects(TENANT, ['behaviour', 'activity'])).toBe(0);
  expect(await custody.prepareSubjects('other-club', ['behaviour'])).toBe(0);
  const keys = await rows<{ ref: string; subject: string; written: string }>(
    `SELECT ref, subject, concat_ws(' ', xmin, (ctid::text::point)[0]) AS written
       FROM custody.subject_keys WHERE category IN ('behaviour', 'activity') ORDER BY ctid`,
  );
  expect(new Set(keys.map((key) => key.subject))).toEqual(new Set(subjects.slice(2)));
  // PostgreSQL chooses the page; what one transaction wrote on a page lies in the order it was written in.
  for (const together of Map.groupBy(keys, (key) => key.written).values()) {
    const refs = together.map((key) => key.ref);
    expect(refs).toEqual([...refs].sort());
  }
  const [late = ''] = await members(1);
  expect(await custody.prepareSubjects(TENANT, ['behaviour', 'activity'])).toBe(2);
  expect(await code(custody.openScoped(asking(late)))).toBe('resolved');
});

it('E03 prepares nobody who is restricted or erased meanwhile', async () => {
  const subjects = await members(120);
  const categories = Array.from({ length: 40 }, (_, index) => `c${index}`);
  const preparing = async (own: CustodyService): Promise<void> => {
    for (const category of categories) await own.prepareSubjects(TENANT, [category]);
  };
  const erasing = async (): Promise<void> => {
    for (const subject of subjects.slice(0, 60)) await erase(subject, ['basic', ...categories]);
  };
  await Promise.all([preparing(custody), preparing(second), erasing()]);
  const left = await rows(
    `SELECT k.category FROM custody.subject_keys k JOIN custody.subjects s USING (tenant, subject)
      WHERE s.state <> 'live' AND k.wrapped IS NOT NULL`,
  );
  expect(left).toEqual([]);
  const [keys] = await rows<{ living: number; raced: number }>(
    `SELECT count(*) FILTER (WHERE wrapped IS NOT NULL)::int AS living,
            count(*) FILTER (WHERE wrapped IS NULL AND category <> 'basic')::int AS raced
       FROM custody.subject_keys`,
  );
  expect(keys?.living).toBe(60 * 41);
  // Some were erased with keys made under way: the race did take place.
  expect(keys?.raced).toBeGreaterThan(0);
});

it('R097 seals a month of reads so that whoever opens them need not know whose they are', async () => {
  const [subject = ''] = await members(1);
  const request = {
    tenant: TENANT,
    subject,
    categories: ['audit'],
    mint: 'keys' as const,
    scopes: { audit: '1998-07' },
    now: NOW,
  };
  const writer = await custody.open(request);
  const plain = await custody.open({ ...request, scopes: {} });
  // The month's stream is named by its own key: what it held is nobody's when that has gone.
  const named = (...months: readonly string[]) =>
    second.streamNames({ tenant: TENANT, subject }, 'audit', months);
  expect(writer.deriveStream('audit', '1998-07')).not.toBe(plain.deriveStream('audit', '1998-07'));
  expect(await named('1998-06', '1998-07')).toEqual([writer.deriveStream('audit', '1998-07')]);
  const eventId = randomUUID();
  const july = writer.seal('audit', 'subject', eventId, subject);
  const lasting = plain.seal('audit', 'subject', eventId, subject);
  const august = (await custody.open({ ...request, scopes: { audit: '1998-08' } })).seal(
    'audit',
    'subject',
    eventId,
    'x',
  );
  expect(july.sealed).toMatch(/^LS3:[\w-]{22}:1998-07:subject:/);
  expect(lasting.sealed).toMatch(/^LS1:/);
  expect(august.sealed.split(':')[1]).toBe(july.sealed.split(':')[1]);
  const kinds = async () => (await second.unseal(TENANT, [july, lasting, august])).map((one) => one.kind);
  expect(await kinds()).toEqual(['opened', 'opened', 'opened']);
  const moved = { sealed: july.sealed.replace(':1998-07:', ':1998-08:') };
  const unmade = { sealed: july.sealed.replace(':1998-07:', ':1998-09:') };
  expect(await second.unseal(TENANT, [moved, unmade])).toEqual([{ kind: 'corrupt' }, { kind: 'unknown' }]);
  const month = { tenant: TENANT, category: 'audit', scopes: { through: '1998-07' }, now: NIGHT };
  expect((await custody.destroyScopes(month)).map(({ scope }) => scope)).toEqual(['1998-07']);
  expect(await kinds()).toEqual(['erased', 'opened', 'opened']);
  expect(await named('1998-07')).toEqual([]);
  expect(await named('1998-07', '1998-08')).toHaveLength(1);
  expect(await code(second.open(request))).toBe('SCOPE_CLOSED');
  expect(await code(second.open({ ...request, mint: 'none', scopes: { audit: '1999-01' } }))).toBe(
    'SCOPE_UNKNOWN',
  );
  expect(await custody.livingScopes(TENANT, 'audit')).toEqual(['1998-08']);
});

const metadata: EventMetadata = {
  tenant: TENANT,
  occurredAt: NOW,
  actor: { id: 'a', role: 'operator' },
  processing: { channel: 'c', lawfulBasis: 'b', purposes: [], noticeVersion: null, provenance: 'p' },
  policy: 'p@1',
};

it('E04 refuses to serve where it still holds a scope that the log says is gone', async () => {
  const [subject = ''] = await prepared(1);
  const store = createMemoryEventStore();
  const say = (scope: string) => {
    const data = { kind: 'scope', tenant: TENANT, category: 'behaviour', scope };
    const event: NewEvent = { id: randomUUID(), type: 'Said', schemaVersion: 1, data, metadata };
    return store.append({ stream: 'system.custody-keys', expected: 'any', events: [event], now: NOW });
  };
  const describeSaid = (event: RecordedEvent): LoggedDestruction => event.data as LoggedDestruction;
  await custody.openScoped(asking(subject));
  await behaviourOf(custody, DAY);
  await say(DAY);
  // A day that custody never knew is none that it still holds.
  await say('1997-01-01');
  await second.compareWithLog(store, describeSaid);
  await custody.openScoped(asking(subject, { scope: '1998-07-01' }));
  await say('1998-07-01');
  expect(await code(second.compareWithLog(store, describeSaid))).toBe('CUSTODY_BEHIND_LOG');
  expect(await code(second.openScoped(asking(subject)))).toBe('CUSTODY_BEHIND_LOG');
});

it('keeps all scopes over rotations of every class', async () => {
  const subjects = await prepared(20);
  const days = Array.from({ length: 28 }, (_, index) => `1998-06-${String(index + 1).padStart(2, '0')}`);
  const eventId = randomUUID();
  const sealed = new Map<string, Sealed>();
  for (const subject of subjects)
    for (const scope of days)
      sealed.set(
        `${subject} ${scope}`,
        (await custody.openScoped(asking(subject, { scope }))).seal('body', eventId, `${subject} ${scope}`),
      );
  await behaviourOf(custody, days[13]!);
  await erase(subjects[0]!, ['basic', 'behaviour']);
  await custody.rotate(NIGHT, '1998-07');
  expect((await custody.rotations()).map(({ keyClass }) => keyClass)).toEqual(['scope', 'subject']);
  const fresh = await connect();
  for (const own of [custody, second, fresh])
    for (const subject of subjects.slice(1)) {
      const opened = await own.openScopes({ tenant: TENANT, subject }, 'behaviour', days);
      expect(
        opened.map((keys) => keys.open('body', eventId, sealed.get(`${subject} ${keys.scope}`) as Sealed)),
      ).toEqual(days.slice(14).map((scope) => `${subject} ${scope}`));
    }
  await fresh.close();
});

it('a day whose key is being made is closed to nobody, whoever got a key of their own in that moment', async () => {
  const [one = ''] = await prepared(1);
  const [late = ''] = await members(1);
  await rows(
    `INSERT INTO custody.scope_horizons (tenant, category) VALUES ($1, 'behaviour') ON CONFLICT DO NOTHING`,
    [TENANT],
  );
  await sql.query('BEGIN');
  await sql.query('SELECT * FROM custody.scope_horizons FOR UPDATE');
  // One batch: the first finds its day without a key and waits, the second had no key of its own when it looked.
  const both = [
    custody.openScoped(asking(one, { scope: '1998-06-01' })),
    custody.openScoped(asking(late, { scope: '1998-06-02' })),
  ].map(code);
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  while ((await rows(waiting)).length === 0);
  await second.prepareSubjects(TENANT, ['behaviour']);
  await sql.query('COMMIT');
  expect(await Promise.all(both)).toEqual(['resolved', 'resolved']);
});

import { createMemoryEventStore, type EventStore, type JsonObject } from '@lacuna/event-store';
import {
  appendLines,
  correctionOverdue,
  correctionRequested,
  erasureRequested,
  freshDatabase,
  id,
  infoCorrected,
  memberErased,
  realNameVerified,
  registered,
  sealedAs,
  type FreshDatabase,
  type LogLine,
} from '@lacuna/testing';
import {
  allProjections,
  connectTo,
  createProjectionRunner,
  openViewQueries,
  pauseView,
  replay,
  resumeView,
  viewsSchema,
  type ProjectionRunner,
  type RunnerOptions,
  type ViewQueries,
} from '../index.js';

let database: FreshDatabase;
let store: EventStore;
let queries: ViewQueries;
let runners: ProjectionRunner[];

const run = (options: Partial<RunnerOptions> = {}): ProjectionRunner => {
  const runner = createProjectionRunner({
    store,
    databaseUrl: database.runtimeUrl,
    leaseMs: 600,
    ...options,
  });
  runners.push(runner);
  runner.start();
  return runner;
};

const member = (n: number): { memberId: string; mobile: string } => ({
  memberId: id(n),
  mobile: `1990000${String(n).padStart(4, '0')}`,
});

/** Of every kind of change: a correction made, one open, one missed, an erasure. */
const history = (n: number): readonly LogLine[] => [
  registered(member(n)),
  correctionRequested({ memberId: id(n), correctionId: id(1_000 + n) }),
  infoCorrected({ memberId: id(n), correctionId: id(1_000 + n), changes: { plate: '京A00001' } }),
  correctionRequested({ memberId: id(n), correctionId: id(2_000 + n) }),
  ...(n % 3 === 0 ? [correctionOverdue({ memberId: id(n), correctionId: id(2_000 + n) })] : []),
  ...(n % 4 === 0 ? [realNameVerified({ identityId: id(3_000 + n) })] : []),
];

const erasure = (n: number): readonly LogLine[] => [
  erasureRequested({ memberId: id(n) }),
  memberErased({ memberId: id(n) }),
];

const replayed = (options = {}) => replay({ store, databaseUrl: database.runtimeUrl, ...options });
const digestsOf = async (options = {}) =>
  (await replayed(options)).views.map(({ name, rows, digest }) => ({ name, rows, digest }));

beforeEach(async () => {
  database = await freshDatabase(viewsSchema);
  store = createMemoryEventStore();
  queries = await openViewQueries(database.runtimeUrl, store);
  runners = [];
});

afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  await queries.close();
  await database.drop();
});

it('answers VIEW_BEHIND before there is a live build', async () => {
  await expect(queries.memberById('car-club', id(1))).rejects.toMatchObject({ code: 'VIEW_BEHIND' });
  await expect(queries.auditPage('car-club', {}, { after: 0n, limit: 1 })).rejects.toMatchObject({
    code: 'VIEW_BEHIND',
  });
  await expect(queries.waitUntil('audit-trail', 1n, 20)).rejects.toMatchObject({ code: 'VIEW_BEHIND' });
});

it('follows the log from an empty one on, and reads its own writes', async () => {
  const runner = run();
  await runner.drain();
  const [result] = await appendLines(store, registered(member(7)));
  const position = result?.kind === 'appended' ? result.position : 0n;
  expect(await queries.waitUntil('member-directory', position)).toBe(position);
  const { member: found } = await queries.memberById('car-club', id(7));
  expect(found).toMatchObject({ status: 'live', fields: { mobile: { sealed: sealedAs('19900000007') } } });
  expect((await queries.memberById('other-club', id(7))).member).toBeNull();
  expect(await queries.viewStatus()).toEqual(
    [...allProjections]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, version }): unknown =>
        expect.objectContaining({ name, version, state: 'live', position, lag: 0n, parkedStreams: 0 }),
      ),
  );
});

it('reads a member as of any position without a replay, and none after the erasure (R077)', async () => {
  const runner = run();
  await appendLines(store, ...history(1));
  await runner.drain();
  const at = async (position: bigint) => (await queries.memberById('car-club', id(1), position)).member;
  expect(await at(0n)).toBeNull();
  expect((await at(2n))?.fields.plate).toBeUndefined();
  expect((await at(3n))?.fields.plate).toEqual({ sealed: sealedAs('京A00001') });
  await appendLines(store, ...erasure(1));
  await runner.drain();
  for (const position of [1n, 3n, 6n]) expect(await at(position)).toBeNull();
});

it('pages the trail of one tenant, of one member, and of the streams named with it', async () => {
  const runner = run();
  await appendLines(store, ...history(1), ...history(2), { ...registered(member(3)), tenant: 'other-club' });
  await runner.drain();
  const first = await queries.auditPage('car-club', {}, { after: 0n, limit: 3 });
  expect(first.map(({ position }) => position)).toEqual([1n, 2n, 3n]);
  const rest = await queries.auditPage('car-club', {}, { after: 3n, limit: 100 });
  expect(rest).toHaveLength(5);
  const page = { after: 0n, limit: 100 };
  expect(await queries.auditPage('car-club', { memberId: id(2) }, page)).toHaveLength(4);
  const streams = [`car-club.member-${id(1)}`];
  expect(await queries.auditPage('car-club', { memberId: id(2), streams }, page)).toHaveLength(8);
  const { recordedAt } = first[1]!;
  expect(await queries.auditPage('car-club', { from: recordedAt, to: recordedAt }, page)).toHaveLength(1);
});

it('lists open deadlines by anchor and counts the rest', async () => {
  const runner = run();
  await appendLines(store, ...[1, 2, 3, 4].flatMap(history), ...erasure(2));
  await runner.drain();
  const open = await queries.openDeadlines('car-club');
  expect(open.map(({ correctionId }) => correctionId)).toEqual([id(2_001), id(2_004), null]);
  expect(await queries.openDeadlines('car-club', { kind: 'identity-retention' })).toHaveLength(1);
  expect(await queries.openDeadlines('car-club', { states: ['missed'] })).toHaveLength(1);
  expect(await queries.openDeadlines('other-club')).toEqual([]);
  expect(await queries.deadlineCounts('car-club')).toEqual({ open: 3, done: 4, missed: 1, cancelled: 1 });
});

it('B06 replay gives the bytes of the live views: before erasures, after them, after a restart', async () => {
  const runner = run();
  await appendLines(store, ...Array.from({ length: 20 }, (_, n) => history(n + 1)).flat());
  await runner.drain();
  const before = await replayed();
  expect(before.same).toBe(true);
  expect(before.views.map(({ rows }) => rows)).toEqual([40, 91, 45, 0, 0, 0]);

  const head = await store.head();
  const asOf = await digestsOf({ asOf: { position: head } });
  await appendLines(store, ...[4, 9, 20].flatMap(erasure));
  await runner.drain();
  expect(await replayed()).toMatchObject({ same: true });
  await runner.stop();
  await run().drain();
  expect(await replayed()).toMatchObject({ same: true });

  expect(await digestsOf({ asOf: { position: head } })).toEqual(asOf);
  expect(asOf).toEqual(before.views.map(({ name, rows, digest }) => ({ name, rows, digest })));
  expect(await digestsOf()).not.toEqual(asOf);
});

it('shows one row altered by hand, by its key and not by its value', async () => {
  await appendLines(store, ...[1, 2, 3].flatMap(history));
  await run().drain();
  const client = await connectTo(database.runtimeUrl)();
  await client.query(
    `UPDATE views.member_directory SET mobile = 'altered' WHERE member_id = $1 AND valid_to IS NULL`,
    [id(2)],
  );
  const altered = await replayed();
  expect(altered.same).toBe(false);
  expect(altered.views.map(({ difference }) => difference)).toEqual([
    `tenant=car-club memberId=${id(2)} validFrom=7`,
    ...Array.from({ length: 5 }, () => null),
  ]);
  await client.query('DELETE FROM views.audit_trail WHERE position IN (11, 9)');
  expect((await replayed()).views[1]?.difference).toBe('tenant=car-club position=9');
  await client.end();
});

it('resolves an instant to the last position recorded by then, inclusive', async () => {
  await appendLines(store, ...history(1), ...history(2));
  const { events } = await store.readStream(`car-club.member-${id(2)}`);
  const second = events[1]!;
  expect(await queries.positionAt(second.recordedAt)).toBe(second.position);
  const justBefore = new Date(Date.parse(second.recordedAt) - 1).toISOString();
  expect(await queries.positionAt(justBefore)).toBe(second.position - 1n);
  expect(await queries.positionAt('1990-01-01T00:00:00.000Z')).toBe(0n);
  expect(await queries.positionAt('2100-01-01T00:00:00.000Z')).toBe(await store.head());
  const report = await replayed({ asOf: { instant: second.recordedAt } });
  expect(report).toMatchObject({ position: second.position, same: null });
  await expect(replayed({ asOf: { position: 999n } })).rejects.toMatchObject({
    code: 'POSITION_AHEAD_OF_LOG',
  });
});

it('leaves no schema of a replay behind unless asked to', async () => {
  await appendLines(store, ...history(1));
  await run().drain();
  await replayed();
  const kept = await replayed({ asOf: { position: 1n }, keep: true });
  const client = await connectTo(database.runtimeUrl)();
  const { rows } = await client.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'replay%'`);
  expect(rows).toEqual([{ nspname: kept.schema }]);
  const table = await client.query(`SELECT count(*)::integer AS n FROM ${kept.schema ?? ''}.audit_trail`);
  expect(table.rows).toEqual([{ n: 1 }]);
  await client.end();
});

const appendRaw = (stream: string, type: string, data: JsonObject) =>
  store.append({
    stream,
    expected: 'any',
    now: '1998-07-01T01:00:00.000Z',
    events: [
      {
        id: crypto.randomUUID(),
        type,
        schemaVersion: 1,
        data,
        metadata: {
          tenant: 'car-club',
          occurredAt: '1998-07-01T01:00:00.000Z',
          actor: { id: 'agent-1', role: 'customer-service' },
          processing: { channel: 'x', lawfulBasis: 'x', purposes: [], noticeVersion: null, provenance: 'x' },
          policy: 'car-club@1',
        },
      },
    ],
  });

it('parks the stream of an event that cannot be applied; the others flow, and a fix takes it up in order', async () => {
  const runner = run();
  const ofMember = (n: number): string => `car-club.member-${id(n)}`;
  await appendLines(store, registered(member(1)), registered(member(2)));
  // The directory has no row to correct, the deadlines none to settle; the trail takes it.
  await appendRaw(ofMember(3), 'InfoCorrected', { memberId: id(3), correctionId: id(9), changes: {} });
  // PostgreSQL holds no NUL: every view refuses, at a statement.
  await appendRaw(ofMember(2), 'CorrectionRequested', {
    memberId: id(2),
    correctionId: '\u0000',
    fields: [],
    changes: {},
  });
  await appendLines(store, ...erasure(2), ...history(5));
  await runner.drain();
  const states = await queries.viewStatus();
  const parked = states.filter(({ parkedStreams }) => parkedStreams > 0);
  expect(parked.map(({ name, parkedStreams }) => [name, parkedStreams])).toEqual([
    ['deadlines', 2],
    ['member-directory', 1],
  ]);
  for (const status of states) expect(status).toMatchObject({ state: 'live', lag: 0n });
  expect((await queries.memberById('car-club', id(5))).member).not.toBeNull();
  expect(await replayed()).toMatchObject({ same: true });
});

it('stops a view at an event it does not know, says so, and goes on once the code knows it', async () => {
  await appendLines(store, ...history(1));
  await run().drain();
  await appendRaw('car-club.member-x', 'MemberBeamedUp', {});
  await appendLines(store, ...history(2));
  const failed = async () => (await queries.viewStatus()).filter(({ state }) => state === 'failed');
  const all = allProjections.length;
  for (let n = 0; (await failed()).length < all && n < 200; n++)
    await new Promise((go) => setTimeout(go, 20));
  expect(await failed()).toEqual(
    allProjections.map((): unknown =>
      expect.objectContaining({ reason: 'EVENT_UNKNOWN MemberBeamedUp', position: 4n, lag: 5n }),
    ),
  );
  await expect(replayed({ asOf: { position: 9n } })).rejects.toMatchObject({ code: 'VIEW_FAILED' });
});

it('lets an operator pause one view while the others go on', async () => {
  const runner = run({ leaseMs: 90 });
  await appendLines(store, ...history(1));
  await runner.drain();
  await pauseView(connectTo(database.runtimeUrl), 'deadlines');
  await appendLines(store, ...history(2));
  await queries.waitUntil('audit-trail', 8n);
  const paused = (await queries.viewStatus()).find(({ name }) => name === 'deadlines');
  expect(paused).toMatchObject({ state: 'paused', position: 4n, lag: 4n });
  expect(await replayed()).toMatchObject({ same: true });
  await resumeView(connectTo(database.runtimeUrl), 'deadlines');
  await queries.waitUntil('deadlines', 8n);
  expect(await replayed()).toMatchObject({ same: true, position: 8n });
});

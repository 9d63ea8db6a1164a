import { createMemoryEventStore, type EventStore } from '@lacuna/event-store';
import {
  activityAnnounced,
  activityEnded,
  appendLines,
  behaviourCounted,
  freshDatabase,
  id,
  nightCounted,
  participantSignedUp,
  sealedAs,
  signUpsDeleted,
  type FreshDatabase,
} from '@lacuna/testing';
import {
  createProjectionRunner,
  openViewQueries,
  viewsSchema,
  type ProjectionRunner,
  type StatisticsCell,
  type ViewQueries,
} from '../index.js';

let database: FreshDatabase;
let store: EventStore;
let queries: ViewQueries;
let runner: ProjectionRunner;

beforeEach(async () => {
  database = await freshDatabase(viewsSchema);
  store = createMemoryEventStore();
  queries = await openViewQueries(database.runtimeUrl, store);
  runner = createProjectionRunner({ store, databaseUrl: database.runtimeUrl });
});
afterEach(async () => {
  await runner.stop();
  await queries.close();
  await database.drop();
});

const filled = async (...lines: Parameters<typeof appendLines>[1][]): Promise<void> => {
  await appendLines(store, ...lines);
  runner.start();
  await runner.drain();
};

it('answers VIEW_BEHIND before there is a live build', async () => {
  const questions = [
    () => queries.behaviours.byStreams('car-club', [{ day: '1998-01-02', stream: 's' }]),
    () => queries.statistics.rows('car-club'),
    () => queries.statistics.state('car-club'),
    () => queries.activities.list('car-club'),
    () => queries.activities.participants('car-club', id(6)),
  ];
  for (const ask of questions) await expect(ask()).rejects.toMatchObject({ code: 'VIEW_BEHIND' });
});

/** A night's cell of so many records. */
const cell = (level: 'day' | 'month' | 'other', period: string, kind: string, count: number) =>
  behaviourCounted({ level, period, kind, people: 5, count, units: count * 2, sum: count * 100 });

const night = [
  cell('day', '1998-03-04', 'purchase', 10),
  cell('day', '1998-03-04', 'group-post', 20),
  cell('day', '1998-03-31', 'purchase', 40),
  cell('day', '1998-04-01', 'purchase', 80),
  cell('month', '1998-03', 'purchase', 160),
  cell('month', '1998-04', 'group-post', 320),
  cell('other', '', '', 640),
];

const shown = (rows: readonly StatisticsCell[]): readonly string[] =>
  rows.map(({ period, kind, merged, count }) => [period, kind, merged, count].join(' | '));

describe('statistics', () => {
  beforeEach(() =>
    filled(
      ...night,
      { ...cell('day', '1998-03-04', 'purchase', 7), tenant: 'other-club' },
      // A later night adds to the same cell; a correction may take units and sums away.
      behaviourCounted({
        night: '1998-07-02',
        period: '1998-03-04',
        people: 6,
        count: 1_000,
        units: -1_000,
        sum: -7,
      }),
    ),
  );

  it('R050 by day: what was merged into a month, or further, stands apart', async () => {
    const { rows, total } = await queries.statistics.rows('car-club', { by: 'day' });
    expect(shown(rows)).toEqual([
      '1998-03-04 |  |  | 1030',
      '1998-03-31 |  |  | 40',
      '1998-04-01 |  |  | 80',
      '1998-03 |  | month | 160',
      '1998-04 |  | month | 320',
      ' |  | other | 640',
    ]);
    expect(rows[0]).toEqual({
      period: '1998-03-04',
      kind: '',
      merged: '',
      people: '16',
      count: '1030',
      units: '-940',
      sum: '2993',
    });
    expect(total).toMatchObject({ period: '', kind: '', merged: '', count: '2270', units: '1540' });
  });

  it('by month and by kind: only what was merged further stands apart', async () => {
    const byMonth = await queries.statistics.rows('car-club', { by: 'month' });
    expect(shown(byMonth.rows)).toEqual(['1998-03 |  |  | 1230', '1998-04 |  |  | 400', ' |  | other | 640']);
    const byKind = await queries.statistics.rows('car-club', { by: 'kind' });
    expect(shown(byKind.rows)).toEqual([
      ' | group-post |  | 340',
      ' | purchase |  | 1290',
      ' |  | other | 640',
    ]);
    const { rows, total } = await queries.statistics.rows('car-club');
    expect(rows).toEqual([]);
    for (const answer of [byMonth, byKind]) expect(answer.total).toEqual(total);
    expect((await queries.statistics.rows('other-club')).total.count).toBe('7');
    expect((await queries.statistics.rows('no-club')).total).toMatchObject({ count: '0', sum: '0' });
  });

  it.each([
    ['a month whole', { since: '1998-03', through: '1998-03' }, ['1998-03 |  |  | 1230']],
    [
      'a month but for its first days',
      { since: '1998-03-04', through: '1998-03-31' },
      ['1998-03 |  |  | 1070'],
    ],
    ['from a day on', { since: '1998-03-31' }, ['1998-03 |  |  | 40', '1998-04 |  |  | 400']],
    ['up to a day', { through: '1998-03-30' }, ['1998-03 |  |  | 1030']],
    ['nothing', { since: '1999-01' }, []],
  ])('R046 in a range: %s', async (_, range, expected) => {
    const { rows, total } = await queries.statistics.rows('car-club', { by: 'month', ...range });
    expect(shown(rows)).toEqual(expected);
    const counts = rows.map(({ count }) => Number(count));
    expect(Number(total.count)).toBe(counts.reduce((a, b) => a + b, 0));
  });

  it('of one kind: nothing whose kinds were merged', async () => {
    const { rows, total } = await queries.statistics.rows('car-club', { by: 'day', kind: 'group-post' });
    expect(shown(rows)).toEqual(['1998-03-04 | group-post |  | 20', '1998-04 | group-post | month | 320']);
    expect(total).toMatchObject({ kind: 'group-post', count: '340' });
  });

  it('loses no cent of sums beyond what a number holds', async () => {
    const sum = Number.MAX_SAFE_INTEGER;
    await appendLines(store, ...[1, 2, 3].map(() => behaviourCounted({ period: '1998-05-01', sum })));
    await runner.drain();
    const { total } = await queries.statistics.rows('car-club', { since: '1998-05' });
    expect(total.sum).toBe((3n * BigInt(sum)).toString());
  });
});

it('says how far the nights have counted, per tenant, and whether something waits', async () => {
  await filled(
    nightCounted({ night: '1998-07-01', remainder: true }),
    nightCounted({ night: '1998-07-02', remainder: false }),
    { ...nightCounted({ night: '1998-07-01', remainder: true }), tenant: 'other-club' },
  );
  expect(await queries.statistics.state('car-club')).toEqual({
    countedThrough: '1998-07-02',
    remainder: false,
  });
  expect(await queries.statistics.state('other-club')).toEqual({
    countedThrough: '1998-07-01',
    remainder: true,
  });
  expect(await queries.statistics.state('no-club')).toEqual({ countedThrough: null, remainder: false });
});

it('R042 R049 lists activities and rosters until their time is over', async () => {
  const later = '1998-10-03T08:00:00.000Z';
  await filled(
    activityAnnounced({ activityId: id(60), title: '秋季试驾', organiser: 'agent-2', plannedEnd: later }),
    activityAnnounced(),
    participantSignedUp({ participantId: id(9), details: '带家人' }),
    participantSignedUp({ participantId: id(8) }),
    participantSignedUp({ activityId: id(60), participantId: id(10) }),
    { ...activityAnnounced({ activityId: id(61) }), tenant: 'other-club' },
    activityEnded(),
  );
  const ended = { activityId: id(6), state: 'ended', endedAt: '1998-08-30T10:00:00.000Z', participants: 2 };
  const open = { activityId: id(60), title: '秋季试驾', organiser: 'agent-2', state: 'announced' };
  const all = await queries.activities.list('car-club');
  expect(all).toEqual([
    { ...ended, title: '夏季自驾', organiser: 'agent-1', plannedEnd: '1998-08-30T10:00:00.000Z' },
    { ...open, plannedEnd: later, endedAt: null, participants: 1 },
  ]);
  expect(await queries.activities.one('car-club', id(60))).toEqual(all[1]);
  expect(await queries.activities.one('car-club', id(61))).toBeNull();
  const eventId = expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown;
  expect(await queries.activities.participants('car-club', id(6))).toEqual([
    { participantId: id(8), eventId, details: null },
    { participantId: id(9), eventId, details: { sealed: sealedAs('带家人') } },
  ]);
  expect(await queries.activities.participants('other-club', id(6))).toEqual([]);

  await appendLines(store, signUpsDeleted());
  await runner.drain();
  expect(await queries.activities.participants('car-club', id(6))).toEqual([]);
  expect(await queries.activities.one('car-club', id(6))).toMatchObject({ state: 'closed', participants: 0 });
  expect(await queries.activities.participants('car-club', id(60))).toHaveLength(1);
});

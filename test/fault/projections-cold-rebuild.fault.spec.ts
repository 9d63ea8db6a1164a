import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createPostgresEventStore, eventLogSchema, type EventStore } from '@lacuna/event-store';
import { openViewQueries, viewsSchema } from '@lacuna/projections';
import {
  appendLines,
  behaviourCounted,
  behaviourDayAnonymised,
  behaviourRecorded,
  freshDatabase,
  id,
  registered,
  type FreshDatabase,
  type LogLine,
} from '@lacuna/testing';
import { Client } from 'pg';

const EVENTS = 1_000_000;
const DAYS = 184;
const ENDED_DAYS = 20;
const MOST_MB = 512;

let database: FreshDatabase;
let store: EventStore & { close(): Promise<void> };
beforeAll(async () => {
  database = await freshDatabase(eventLogSchema, viewsSchema);
  store = createPostgresEventStore({ connectionString: database.runtimeUrl });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

const dayOf = (n: number): string => new Date(Date.UTC(1998, 0, 2 + n)).toISOString().slice(0, 10);

/** A sealed value of the smallest bucket: 256 bytes and what stands around them. */
const sealedText = (): string => randomBytes(340).toString('base64url');

const samples: readonly LogLine[] = [
  registered({ memberId: id(1) }),
  { ...behaviourCounted(), stream: 'car-club.statistics-1998-07-01' },
  { ...behaviourRecorded({ day: '1990-01-01', body: sealedText(), copy: sealedText() }) },
];

// Of a hundred events two are registrations and one is a cell of the statistics; all others are records, on days in no
// order. Each is a copy of one that the store itself wrote, under names of its own.
const MULTIPLY = `
  WITH sample AS (
    SELECT type, body FROM log.events WHERE position <= 3
  ), n AS (
    SELECT n, CASE WHEN n % 100 < 2 THEN 'MemberRegistered' WHEN n % 100 = 2 THEN 'BehaviourCounted'
                   ELSE 'BehaviourRecorded' END AS type,
           lpad(to_hex(n), 12, '0') AS hex,
           to_char(date '1998-01-02' + (hashint8(n) & 2147483647) % $3::int, 'YYYY-MM-DD') AS day
    FROM generate_series($1::bigint, $2::bigint) n
  )
  INSERT INTO log.events (position, revision, event_id, stream, type, recorded_at, body)
  SELECT n, 0, ('00000000-0000-4000-9000-' || hex)::uuid,
         CASE n.type WHEN 'MemberRegistered' THEN 'car-club.member-00000000-0000-4000-8000-' || hex
                     WHEN 'BehaviourCounted' THEN 'car-club.statistics-' || hex
                     ELSE 'car-club.behaviour-' || md5(n::text) END,
         n.type, '1998-07-01T01:00:00.000Z',
         replace(replace(body, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-' || hex), '1990-01-01', day)
  FROM n JOIN sample ON sample.type = n.type`;

const CHUNK = 50_000;

const fillLog = async (): Promise<void> => {
  await appendLines(store, ...samples);
  const client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
  try {
    const from = samples.length + 1;
    for (let first = from; first < EVENTS; first += CHUNK)
      await client.query(MULTIPLY, [first, Math.min(first + CHUNK - 1, EVENTS), DAYS]);
    await client.query("UPDATE log.head SET position = $1, recorded_at = '1998-07-01T01:00:00.000Z'", [
      EVENTS,
    ]);
    await client.query('ANALYZE log.events');
  } finally {
    await client.end();
  }
  for (let n = 0; n < ENDED_DAYS; n++) await appendLines(store, behaviourDayAnonymised({ day: dayOf(n) }));
};

type Report = Readonly<{ seconds: number; rssMb: number; longestStallMs: number; position: string }>;

const rebuildAlone = async (): Promise<Report> => {
  const child = join(import.meta.dirname, 'projections-cold-rebuild-child.mjs');
  const job = JSON.stringify({ databaseUrl: database.runtimeUrl });
  const { stdout } = await promisify(execFile)(process.execPath, [child, job]);
  return JSON.parse(stdout) as Report;
};

it('B12 all views are made from a million events from zero in bounded memory', async () => {
  await fillLog();
  const report = await rebuildAlone();
  process.stderr.write(
    `B12 ${EVENTS} events: ${report.seconds.toFixed(1)} s, ${report.rssMb.toFixed(0)} MB at most, longest stall ${report.longestStallMs.toFixed(0)} ms\n`,
  );
  expect(report.position).toBe((await store.head()).toString());
  expect(report.rssMb).toBeLessThan(MOST_MB);
  const queries = await openViewQueries(database.runtimeUrl, store);
  const states = await queries.viewStatus();
  await queries.close();
  for (const status of states) expect(status).toMatchObject({ state: 'live', lag: 0n, parkedStreams: 0 });
  const client = new Client({ connectionString: database.runtimeUrl });
  await client.connect();
  const { rows } = await client.query(
    `SELECT count(DISTINCT day)::integer AS days, count(*)::integer > $1 AS many FROM views.behaviour WHERE day ~ '^1998'`,
    [EVENTS * 0.8],
  );
  await client.end();
  expect(rows).toEqual([{ days: DAYS - ENDED_DAYS, many: true }]);
}, 600_000);

import { Kafka, logLevel } from 'kafkajs';
import { Pool } from 'pg';
import {
  consumeEvents,
  memoryInbox,
  POSTGRES_INBOX_TABLE,
  postgresInbox,
  topicContexts,
  type Consuming,
  type Inbox,
} from '@lacuna/contracts';
import { integrationEventOf } from '@lacuna/domain/integration';
import type { RecordedEvent } from '@lacuna/event-store';
import { freshDatabase, startKafka, type FreshDatabase, type KafkaCluster } from '@lacuna/testing';
import { Caller } from '../fault/product/calls.js';
import { correctionIdOf, memberIdOf } from '../fault/product/commands.js';
import { countsOf, flawsOf, rowsOf, wholeLog } from '../fault/product/log.js';
import { viewsCaughtUp } from '../fault/product/members.js';
import { Random } from '../fault/product/random.js';
import { crashMinutes, seed } from '../fault/product/settings.js';
import { until } from '../fault/product/waiting.js';
import { CrashLoad, Hits } from './crash-load.js';
import { Fleet } from './fleet.js';

type Place = Readonly<{ context: string; key: string; id: string }>;

const SEED = seed();
const MINUTES = crashMinutes(2);
const GROUP = 'downstream';
/** Why a client had to send again: its process had gone or stood still, or the one that reads was behind what it wrote. */
const EXPLAINED = /^(cut off \(gRPC (4|14)\)|VIEW_BEHIND)$/;
/** Every record can be counted: without it a later record of a key may take an earlier one's place. */
const NOTHING_IS_COMPACTED = { 'log.cleaner.enable': 'false' };

let cluster: KafkaCluster;
let fleet: Fleet;
let load: CrashLoad;
let hits: Hits;
let database: FreshDatabase;
let pool: Pool;
let kafka: Kafka;
let consuming: readonly Consuming[] = [];
let log: readonly RecordedEvent[] = [];

const follow = <Transaction>(
  groupId: string,
  inbox: Inbox<Transaction>,
  take: (place: Place, transaction: Transaction) => Promise<void>,
): Promise<Consuming> => consumeEvents({ kafka, groupId, contexts: topicContexts, inbox, handle: take });

const downstream = (): Promise<Consuming> =>
  follow(GROUP, postgresInbox(pool, GROUP), async ({ context, key, id }, client) => {
    await client.query('INSERT INTO effects (context, key, id) VALUES ($1, $2, $3)', [context, key, id]);
  });

const effects = async (): Promise<readonly Place[]> =>
  (await pool.query<Place>('SELECT context, key, id FROM effects ORDER BY at')).rows;

/** The ids of each key in the order they came. */
const byKey = (places: readonly Place[]): ReadonlyMap<string, readonly string[]> => {
  const ids = new Map<string, string[]>();
  for (const { context, key, id } of places) {
    const name = `${context} ${key}`;
    ids.set(name, [...(ids.get(name) ?? []), id]);
  }
  return ids;
};

const published = (events: readonly RecordedEvent[]): readonly Place[] =>
  events.flatMap((event) => integrationEventOf(event) ?? []);

/** Everything is up again and has done what there was to do. */
const settle = async (): Promise<void> => {
  await cluster.heal();
  await fleet.whole();
  const caller = new Caller(fleet);
  await until('every erasure that was asked for has ended', async () => {
    const events = await wholeLog(fleet);
    return countsOf(events, 'MemberErased', 'memberId').size === load.left.length;
  });
  await viewsCaughtUp(caller);
  caller.close();
  log = await wholeLog(fleet);
  await until('the consumers have what the log holds', async () => {
    log = await wholeLog(fleet);
    return (await effects()).length >= published(log).length;
  });
};

beforeAll(async () => {
  [cluster, database] = await Promise.all([
    startKafka({ nodes: 3, settings: NOTHING_IS_COMPACTED }),
    freshDatabase(),
  ]);
  kafka = new Kafka({ brokers: [...cluster.brokers], logLevel: logLevel.NOTHING });
  pool = new Pool({ connectionString: database.ownerUrl, max: 10 });
  await pool.query(POSTGRES_INBOX_TABLE);
  await pool.query('CREATE TABLE effects (at bigserial, context text, key text, id text)');
  fleet = new Fleet(2, { LACUNA_KAFKA_BROKERS: cluster.brokers.join(',') });
  await fleet.start();
  load = new CrashLoad(fleet, SEED);
  hits = new Hits(fleet, cluster, new Random(SEED));
  await load.prepare();
  consuming = await Promise.all([downstream(), downstream()]);
  const deadline = performance.now() + MINUTES * 60_000;
  const isOver = (): boolean => performance.now() > deadline || load.failures.length > 0;
  await Promise.all([load.run(isOver), hits.run(isOver)]);
  await settle();
  process.stdout.write(
    `${JSON.stringify({
      seed: SEED,
      minutes: MINUTES,
      hits: Object.fromEntries(hits.counts),
      acknowledged: load.notes.acknowledged.length,
      retried: load.notes.retried.length,
      behaviours: load.recorded.length,
      erasures: load.left.length,
      repeatsByReason: Object.fromEntries(load.repeats),
      published: published(log).length,
      droppedRepeats: consuming.reduce((sum, { repeated }) => sum + repeated, 0),
    })}\n`,
  );
}, 1_500_000);

afterAll(async () => {
  await Promise.all(consuming.map((one) => one.close()));
  await fleet.remove();
  await pool.end();
  await database.drop();
  await cluster.stop();
}, 120_000);

it('A01 G01 no client saw anything but answers and cuts: each request was answered in the end', () => {
  expect({ seed: SEED, failures: load.failures }).toEqual({ seed: SEED, failures: [] });
  expect([...load.repeats.keys()].filter((why) => !EXPLAINED.test(why))).toEqual([]);
  expect(load.notes.acknowledged.length).toBeGreaterThan(10 * MINUTES);
  // Without these the hits would have hit nobody.
  expect([...hits.counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(5);
  expect(hits.counts.get('broker killed')).toBeGreaterThan(1);
  expect(load.notes.retried.length).toBeGreaterThan(0);
});

it('I1 I2 I3 each acknowledged command is in the log once, and nothing else is', () => {
  const once = (ids: readonly string[]): ReadonlyMap<string, number> => new Map(ids.map((id) => [id, 1]));
  const { notes } = load;
  expect(flawsOf(log)).toEqual([]);
  expect(countsOf(log, 'MemberRegistered', 'memberId')).toEqual(
    once([...load.early, ...notes.of('register').map(memberIdOf)]),
  );
  expect(countsOf(log, 'CorrectionRequested', 'correctionId')).toEqual(
    once(notes.of('ask-correction').map(({ answer }) => correctionIdOf(answer))),
  );
  expect(countsOf(log, 'InfoCorrected', 'correctionId')).toEqual(
    once(
      notes
        .of('correct')
        .flatMap(({ command }) => (command.kind === 'correct' ? [command.request.correctionId] : [])),
    ),
  );
  expect(countsOf(log, 'MemberErased', 'memberId')).toEqual(once(load.left));
  expect(log.filter(({ type }) => type === 'RealNameVerified')).toHaveLength(notes.of('verify').length);
  expect(log.filter(({ type }) => type === 'BehaviourRecorded')).toHaveLength(load.recorded.length);
});

it('I7 what the consumers did once they had dropped repeats is what the log says, in the order of each key', async () => {
  expect(byKey(await effects())).toEqual(byKey(published(log)));
});

it('I7 a consumer that comes afterwards reads the same from the beginning', async () => {
  const seen: Place[] = [];
  const late = await follow('late', memoryInbox(), (place) => {
    seen.push(place);
    return Promise.resolve();
  });
  await until('it has read everything', () => seen.length >= published(log).length);
  await late.close();
  expect(byKey(seen)).toEqual(byKey(published(log)));
}, 180_000);

it('I6 the views equal a replay of the log, none of them parked', async () => {
  const { code, document, errors } = await fleet.cli('replay');
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(document).toMatchObject({ same: true });
  const parked = await rowsOf<{ count: number }>(
    fleet,
    'SELECT count(*)::int AS count FROM views.parked_stream',
  );
  expect(parked).toEqual([{ count: 0 }]);
}, 300_000);

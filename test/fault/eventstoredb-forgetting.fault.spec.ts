import { jest } from '@jest/globals';
import { openEventStoreDbStore, type ClosableEventStore } from '@lacuna/event-store';
import { anEvent, aRequest, aStream, openWorld, until, type World } from './eventstoredb-samples.js';

let world: World;
const FORGETS = { code: 'STORE_WOULD_FORGET' };

beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.end());

const ENVELOPE = { schemaVersion: 1, data: {}, metadata: {} };

/** A record that somebody else writes. */
const foreign = (data: string) => ({
  id: crypto.randomUUID(),
  type: 'Sampled',
  isJson: true,
  data: Buffer.from(data),
  metadata: Buffer.from(JSON.stringify({ recordedAt: '1998-06-30T16:00:00.000Z' })),
});

const onServer = (stream: string): string => `lacuna.log/${stream}`;

it.each([{ $maxAge: 60 }, { $maxCount: 10 }, { $tb: 5 }])(
  'refuses a server whose $all would forget: %j',
  async (metadata) => {
    world.double.log.setMetadata('$all', metadata);
    await expect(world.open()).rejects.toMatchObject(FORGETS);
  },
);

it('takes a server whose metadata forgets nothing, in whatever else it says', async () => {
  world.double.log.setMetadata('$all', { $acl: { $r: ['readers'] }, $cacheControl: 5 });
  const store = await world.open();
  expect((await store.append(aRequest())).kind).toBe('appended');
});

it('refuses a log whose stream was truncated before it was opened', async () => {
  const { stream, ...request } = aRequest({ events: [anEvent(), anEvent()] });
  const store = await world.open();
  await store.append({ stream, ...request });
  await store.close();
  world.double.log.setMetadata(onServer(stream), { $maxCount: 1 });
  await expect(world.open()).rejects.toMatchObject(FORGETS);
});

it('stops at once, and for good, when a stream of the log is made to forget', async () => {
  const [stream, store] = [aStream(), await world.open()];
  await store.append(aRequest({ stream }));
  world.double.log.setMetadata(onServer(stream), { $maxAge: 3_600 });
  await until(() =>
    store.append(aRequest()).then(
      () => false,
      () => true,
    ),
  );
  for (const refused of [store.append(aRequest()), store.readStream(aStream()), store.head()])
    await expect(refused).rejects.toMatchObject(FORGETS);
  world.double.log.setMetadata(onServer(stream), {});
  await expect(store.append(aRequest())).rejects.toMatchObject(FORGETS);
});

it('refuses a log with an older stream that was truncated before anybody was there to see it', async () => {
  const stream = aStream();
  const first = await world.open();
  await first.append(aRequest({ stream }));
  world.double.log.setMetadata(onServer(stream), { $acl: {} });
  await first.append(aRequest());
  await first.close();
  await (await world.open()).close();
  world.double.log.setMetadata(onServer(stream), { $tb: 1 });
  // The newest event is of a stream that keeps everything.
  world.double.log.write(onServer(aStream()), 'none', [foreign(JSON.stringify(ENVELOPE))]);
  await expect(world.open()).rejects.toMatchObject(FORGETS);
});

/** Until appends are refused, with what. */
const refusalOf = async (store: ClosableEventStore): Promise<unknown> => {
  let refusal: unknown = null;
  await until(async () => {
    refusal = await store.append(aRequest()).then(
      () => null,
      (error: unknown) => error,
    );
    return refusal !== null;
  });
  return refusal;
};

it('sees what was made to forget while its watch was cut off, also where nothing had been written yet', async () => {
  const store = await world.open();
  world.double.faults.unavailable = 3;
  world.double.dropConnections();
  world.double.log.setMetadata(onServer(aStream()), { $maxCount: 3 });
  expect(await refusalOf(store)).toMatchObject(FORGETS);
});

it.each([
  ['the whole server', '$all'],
  ['an event id’s reservation', `lacuna.id/${crypto.randomUUID()}`],
])('watches %s too', async (_name, stream) => {
  const store = await world.open();
  await store.append(aRequest());
  world.double.log.setMetadata(stream, { $maxAge: 60 });
  expect(await refusalOf(store)).toMatchObject(FORGETS);
});

it('what the whole server was once told and is told no more does not count', async () => {
  const first = await world.open();
  await first.append(aRequest());
  await first.close();
  world.double.log.setMetadata('$all', { $maxAge: 60 });
  world.double.log.setMetadata('$all', {});
  const store = await world.open();
  for (let index = 0; index < 5; index += 1) await store.append(aRequest());
  expect((await store.append(aRequest())).kind).toBe('appended');
});

it('takes nothing more where its watch met what it cannot read', async () => {
  const store = await world.open();
  world.double.log.write(`$$${onServer(aStream())}`, 'any', [foreign('no metadata at all')]);
  expect(await refusalOf(store)).toMatchObject({ code: 'STORE_REFUSED' });
  await expect(store.head()).rejects.toMatchObject({ code: 'STORE_REFUSED' });
});

it('refuses a stream with a hole, one that was deleted, and one whose revisions go on after a deletion', async () => {
  const [truncated, tombstoned, deleted] = [aStream(), aStream(), aStream()];
  const store = await world.open();
  for (const stream of [truncated, tombstoned, deleted])
    await store.append(aRequest({ stream, events: [anEvent(), anEvent(), anEvent()] }));
  const others = [await world.open(), await world.open(), await world.open()] as const;
  // As the server deletes softly: it takes "no stream" again, and goes on counting.
  world.double.log.setMetadata(onServer(deleted), { $tb: Number(2n ** 63n - 1n) });
  await expect(others[0].append(aRequest({ stream: deleted, expected: 'none' }))).rejects.toMatchObject(
    FORGETS,
  );
  await expect(others[0].readStream(deleted)).rejects.toMatchObject(FORGETS);
  world.double.log.tombstone(onServer(tombstoned));
  await expect(others[1].readStream(tombstoned)).rejects.toMatchObject(FORGETS);
  await expect(others[1].append(aRequest({ stream: tombstoned, expected: 2n }))).rejects.toMatchObject(
    FORGETS,
  );
  world.double.log.setMetadata(onServer(truncated), { $tb: 2 });
  await expect(others[2].readStream(truncated)).rejects.toMatchObject(FORGETS);
});

it('refuses a log of which a stream was deleted for good, wherever it reads', async () => {
  const stream = aStream();
  const store = await world.open();
  await store.append(aRequest({ stream }));
  await store.append(aRequest());
  world.double.log.tombstone(onServer(stream));
  const reading = (async () => {
    for await (const batch of store.subscribe(0n)) expect(batch.caughtUp).toBe(false);
  })();
  await expect(reading).rejects.toMatchObject(FORGETS);
  await expect(world.open()).rejects.toMatchObject(FORGETS);
});

it('a server left at its own limit refuses a large append with what to do about it, and takes the next', async () => {
  const small = await openWorld({ maxAppendSize: 1024 * 1024 });
  const store = await small.open();
  const events = Array.from({ length: 40 }, () => anEvent('Sampled', { text: 'x'.repeat(60_000) }));
  const error = store.append(aRequest({ events }));
  await expect(error).rejects.toMatchObject({ code: 'STORE_REFUSED' });
  await expect(error).rejects.toThrow(/MaxAppendSize/);
  expect((await store.append(aRequest())).kind).toBe('appended');
  await small.end();
});

it.each([
  '?tls=false&surprise=1',
  '?tlsVerifyCert=false',
  '?nodePreference=mine',
  ':x',
  '?tls&tlsCAFile=/x',
  '?&tls=true',
  '?tls=false&&x=1',
  '?tls=true&tlsCAFile=/nowhere/ca.pem',
  '?tls=false&defaultDeadline=0',
  '?tls=false&keepAliveInterval=-2',
])('says nothing of its connection string when it cannot use it: %s', async (query) => {
  const printed: string[] = [];
  const warn = jest.spyOn(console, 'warn').mockImplementation((...words: unknown[]) => {
    printed.push(words.join(' '));
  });
  const connectionString = `esdb://admin:hunter2-secret@127.0.0.1:1${query}`;
  const error: unknown = await openEventStoreDbStore({ connectionString, reconnectMs: 50 }).catch(
    (reason: unknown) => reason,
  );
  warn.mockRestore();
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  expect(`${String(error)} ${JSON.stringify(error)} ${printed.join(' ')}`).not.toContain('hunter2');
});

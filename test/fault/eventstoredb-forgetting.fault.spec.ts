import { openEventStoreDbStore } from '@lacuna/event-store';
import { anEvent, aRequest, aStream, openWorld, until, type World } from './eventstoredb-samples.js';

let world: World;
const FORGETS = { code: 'STORE_WOULD_FORGET' };

beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.end());

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

it('a subscriber stops where a stream was made to forget, even before anybody was there to see it', async () => {
  const [stream, later] = [aStream(), aStream()];
  const first = await world.open();
  await first.append(aRequest({ stream }));
  await first.close();
  world.double.log.setMetadata(onServer(stream), { $tb: 1 });
  // Newer events of other streams: opening looks at the newest one's stream only.
  world.double.log.setMetadata(onServer(stream), { $tb: 1 });
  world.double.log.write(onServer(later), 'none', [
    {
      id: crypto.randomUUID(),
      type: 'Sampled',
      isJson: true,
      data: Buffer.from(JSON.stringify({ schemaVersion: 1, data: {}, metadata: {} })),
      metadata: Buffer.from(JSON.stringify({ recordedAt: '1998-06-30T16:00:00.000Z' })),
    },
  ]);
  const store = await world.open();
  const reading = (async () => {
    for await (const batch of store.readAll(0n)) expect(batch.events.length).toBeGreaterThan(0);
  })();
  await expect(reading).rejects.toMatchObject(FORGETS);
});

it('refuses a stream with a hole, one that was deleted, and one whose revisions go on after a deletion', async () => {
  const [truncated, tombstoned] = [aStream(), aStream()];
  const store = await world.open();
  for (const stream of [truncated, tombstoned])
    await store.append(aRequest({ stream, events: [anEvent(), anEvent(), anEvent()] }));
  const other = await world.open();
  world.double.log.tombstone(onServer(tombstoned));
  await expect(other.readStream(tombstoned)).rejects.toMatchObject(FORGETS);
  await expect(other.append(aRequest({ stream: tombstoned, expected: 2n }))).rejects.toMatchObject(FORGETS);
  world.double.log.setMetadata(onServer(truncated), { $tb: 2 });
  await expect(other.readStream(truncated)).rejects.toMatchObject(FORGETS);
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

it('says nothing of its connection string when it cannot use it', async () => {
  for (const query of ['?tls=false&surprise=1', '?tlsVerifyCert=false', '?nodePreference=mine', ':x']) {
    const connectionString = `esdb://admin:hunter2-secret@127.0.0.1:1${query}`;
    const error: unknown = await openEventStoreDbStore({ connectionString, reconnectMs: 50 }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('hunter2');
  }
});

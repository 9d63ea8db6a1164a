import { randomUUID } from 'node:crypto';
import { ApplyCorrection, RegisterMember, RequestCorrection } from '@lacuna/application';
import type { JsonObject, RecordedEvent } from '@lacuna/event-store';
import { allProjections, connectTo, readLogged, rebuildViews, replay } from '@lacuna/projections';
import { copyIn, copyOut, readLogOnce, withClient, type CopiedTable } from '../floors.js';
import { openHouse, type House } from '../house.js';
import { compareAll, milliseconds, throughput } from '../measure.js';
import { frameAs, TENANT } from '../people.js';
import { dayBefore, membersOf, storedBehaviour } from './behaviour.figures.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

const PATTERNS = 200;

/** A member whose history went the real way: registered, a correction asked for, the correction applied. */
const realHistory = async (house: House, { people }: Bench): Promise<readonly RecordedEvent[]> => {
  const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), people.next()));
  const { correctionId } = await house.run(
    new RequestCorrection(frameAs('customer-service'), { memberId, changes: { plate: '粤B12345' } }),
  );
  await house.run(new ApplyCorrection(frameAs('customer-service'), { memberId, correctionId }));
  return (await house.store.readStream(`${TENANT}.member-${memberId}`)).events;
};

const renamed = (data: JsonObject, memberId: string, correctionId: string): JsonObject => ({
  ...data,
  memberId,
  ...('correctionId' in data ? { correctionId } : {}),
});

/** The same history as somebody else's: the sealed values are copies, which no projection can tell. */
const appendCopy = async ({ store }: House, events: readonly RecordedEvent[]): Promise<void> => {
  const [memberId, correctionId] = [randomUUID(), randomUUID()];
  await store.append({
    stream: `${TENANT}.member-${memberId}`,
    expected: 'none',
    events: events.map(({ type, schemaVersion, data, metadata }) => ({
      id: randomUUID(),
      type,
      schemaVersion,
      data: renamed(data, memberId, correctionId),
      metadata,
    })),
    now: new Date().toISOString(),
  });
};

/** A log of three events a member, and nothing else in it. */
const fillLog = async (house: House, bench: Bench, members: number): Promise<void> => {
  const patterns = await Promise.all(Array.from({ length: PATTERNS }, () => realHistory(house, bench)));
  await throughput({ count: members - PATTERNS, width: 256 }, (index) =>
    appendCopy(house, patterns[index % PATTERNS] ?? []),
  );
};

const DAYS = 180;

/** Behaviour of half a year behind it, one event a stream: copies of one that was really recorded. */
const fillBehaviour = async (house: House, bench: Bench, events: number): Promise<void> => {
  const own = { ...bench, house };
  const pattern = await storedBehaviour(own, await membersOf(own, 10));
  await throughput({ count: events, width: 256 }, (index) =>
    house.store.append({
      stream: `${TENANT}.behaviour-${randomUUID().replaceAll('-', '')}`,
      expected: 'none',
      events: [{ ...pattern, id: randomUUID(), data: { ...pattern.data, day: dayBefore(index % DAYS) } }],
      now: pattern.metadata.occurredAt,
    }),
  );
};

const rebuild = ({ runtimeUrl, store }: House) =>
  rebuildViews({
    connect: connectTo(runtimeUrl),
    projections: allProjections,
    store,
    read: readLogged,
    holder: 'bench',
    leaseMs: 30_000,
  });

const viewTables = async (house: House): Promise<readonly CopiedTable[]> => {
  const [live] = await withClient(house.ownerUrl, async (client) => {
    const found = await client.query<{ id: number }>("SELECT id FROM views.build WHERE state = 'live'");
    return found.rows;
  });
  const names = allProjections.flatMap(({ tables }) => tables.map(({ name }) => name));
  return Promise.all(names.map((name) => copyOut(house.ownerUrl, `views_${live?.id ?? 0}`, name)));
};

const floorOf = async (house: House, tables: readonly CopiedTable[]): Promise<number> => {
  let spent = await readLogOnce(house.ownerUrl);
  for (const table of tables) spent += await copyIn(house.ownerUrl, table);
  return spent;
};

/** The bar's line on replay: all views from an empty start, beside reading the log and copying the same rows. */
const measureReplay = async (house: House, bench: Bench) => {
  const members = scaled(40_000, bench, 1_000);
  await fillLog(house, bench, members);
  const behaviours = members;
  await fillBehaviour(house, bench, behaviours);
  await rebuild(house);
  const floor = async () => floorOf(house, await viewTables(house));
  const floorName = 'cursor read of the log + COPY of the same rows into equal tables, indexes included';
  const head = await house.store.head();
  const ofEvents = `of ${(members * 3 + behaviours).toLocaleString('en')} events, a quarter of them behaviour`;
  return compareAll(scaled(3, bench), [
    {
      name: `cold replay of all views, rebuilt and switched to, ${ofEvents}`,
      unit: 'ms',
      floorName,
      bar: { atLeast: 0.25 },
      inverse: true,
      floor,
      value: () => milliseconds(() => rebuild(house)),
    },
    {
      name: `replay as-of the head with digests, ${ofEvents}`,
      unit: 'ms',
      floorName,
      inverse: true,
      floor,
      value: () =>
        milliseconds(() =>
          replay({ store: house.store, databaseUrl: house.runtimeUrl, asOf: { position: head } }),
        ),
    },
  ]);
};

export const replayFigures: FigureGroup = {
  name: 'replay',
  measure: async (bench) => {
    const house = await openHouse();
    try {
      return await measureReplay(house, bench);
    } finally {
      await house.close();
    }
  },
};

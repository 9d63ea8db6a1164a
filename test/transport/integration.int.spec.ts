import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import {
  behaviourV1,
  fromAttributes,
  integrationV1,
  readStatus,
  toKafkaRecord,
  type PublishedEvent,
  type RefusedCall,
} from '@lacuna/contracts';
import { integrationEventOf, type IntegrationEvent } from '@lacuna/domain/integration';
import type { EventStore, LogBatch, NewEvent } from '@lacuna/event-store';
import {
  appendLines,
  commandContext,
  correctionOverdue,
  memberErased,
  id,
  registered,
} from '@lacuna/testing';
import { defaultContexts } from '../../apps/query-api/src/integration/contexts.js';
import { cursorsOf } from '../../apps/query-api/src/integration/cursor.js';
import { LOG_FEED, type LogFeed } from '../../apps/query-api/src/integration/log-feed.js';
import { CURSOR_KEY } from '../../apps/query-api/src/query-api.ports.js';
import { startReadStack, type ReadStack } from './read-stack.js';
import { as, processing, ReadWorld, type Who } from './read-world.js';

type Responses = ClientReadableStream<integrationV1.SubscribeResponse>;

const downstream = as('downstream');
let stack: ReadStack;
let world: ReadWorld;
let client: integrationV1.IntegrationServiceClient;
const open: Responses[] = [];

beforeAll(async () => {
  stack = await startReadStack();
  world = new ReadWorld(stack);
  client = stack.server.client(integrationV1.IntegrationServiceClient);
});
afterAll(() => stack.stop());
afterEach(() => {
  for (const stream of open.splice(0)) stream.cancel();
});

const subscribe = async (
  request: Partial<integrationV1.SubscribeRequest> = {},
  who: Who = downstream,
): Promise<Responses> => {
  const stream = client.subscribe(
    { contexts: [], after: '', maxRecords: 0, ...request },
    await stack.server.as(who),
  );
  stream.on('error', () => undefined);
  open.push(stream);
  return stream;
};

/** What is given until it is enough, and the cursors that stood beside. */
const readUntil = async (
  stream: Responses,
  enough: (
    records: readonly integrationV1.IntegrationRecord[],
    last: integrationV1.SubscribeResponse,
  ) => boolean,
) => {
  const records: integrationV1.IntegrationRecord[] = [];
  const cursors: string[] = [];
  try {
    for await (const response of stream as AsyncIterable<integrationV1.SubscribeResponse>) {
      records.push(...response.records);
      cursors.push(response.cursor);
      if (enough(records, response)) break;
    }
  } finally {
    stream.cancel();
  }
  return { records, cursors };
};
const whenCaughtUp = (stream: Responses) => readUntil(stream, (_records, { caughtUp }) => caughtUp);
const idsOf = (records: readonly integrationV1.IntegrationRecord[]) =>
  records.map(({ attributes }) => attributes['id']);
const read = ({ attributes, data }: integrationV1.IntegrationRecord): PublishedEvent =>
  fromAttributes(attributes, data ?? null);

const refusalOf = async (
  request: Partial<integrationV1.SubscribeRequest>,
  who = downstream,
): Promise<RefusedCall> => {
  const stream = await subscribe(request, who);
  try {
    await whenCaughtUp(stream);
  } catch (error) {
    return readStatus(error as ServiceError);
  }
  throw new Error('it was answered');
};

const published = async (store: EventStore, tenant: string): Promise<readonly IntegrationEvent[]> => {
  const events: IntegrationEvent[] = [];
  for await (const batch of store.readAll(0n))
    events.push(
      ...batch.events
        .filter((one) => one.metadata.tenant === tenant)
        .flatMap((one) => integrationEventOf(one) ?? []),
    );
  return events;
};

const recordBehaviour = async (memberId: string): Promise<void> => {
  const behaviours = stack.server.client(behaviourV1.BehaviourServiceClient);
  await world.call(
    as('integrator'),
    (asked: behaviourV1.RecordBehaviourRequest, metadata, done) =>
      behaviours.recordBehaviour(asked, metadata, done),
    {
      requestId: randomUUID(),
      processing,
      behaviour: {
        member: { $case: 'memberId', value: memberId },
        kind: 'service-need',
        occurred: '1998-06-30',
        details: { text: '需要保养' },
      },
    },
  );
};

const appendMany = async (store: EventStore, memberId: string, count: number): Promise<void> => {
  const { at: occurredAt, actor, processing: how } = commandContext();
  const metadata = { tenant: 'car-club', occurredAt, actor, processing: how, policy: 'car-club@1' };
  const { type, data } = correctionOverdue({ memberId });
  const events = Array.from({ length: count }, (): NewEvent => ({
    id: randomUUID(),
    type,
    schemaVersion: 1,
    data,
    metadata,
  }));
  const stream = `car-club.member-${memberId}`;
  await store.append({ stream, expected: 'any', events, now: occurredAt });
};

describe('what comes', () => {
  it('I7 is what the log maps to, of the own organisation, in the envelope that Kafka carries', async () => {
    const memberId = await world.member({ name: '许一诺' });
    await recordBehaviour(memberId);
    await recordBehaviour(memberId);
    await world.register({ name: '林子墨', mobile: '13900009999' }, 'other-club');
    const all = await published(stack.store, 'car-club');
    expect(all.length).toBeGreaterThanOrEqual(3);
    expect(new Set(all.map(({ context }) => context))).toEqual(new Set(['member', 'behaviour']));
    const alone = all.filter(({ context }) => context === 'behaviour');
    const others = all.filter(({ context }) => context !== 'behaviour');
    const expected = [...others, ...alone];
    const { records: first } = await whenCaughtUp(await subscribe());
    const { records: second } = await whenCaughtUp(await subscribe({ contexts: ['behaviour'] }));
    expect([first, second].map(idsOf)).toEqual([others, alone].map((part) => part.map(({ id }) => id)));
    [...first, ...second].forEach((record, index) => {
      const { headers, value } = toKafkaRecord(expected[index]!);
      const asHeaders = Object.entries(record.attributes).map(([name, text]) =>
        name === 'datacontenttype' ? ['content-type', text] : [`ce_${name}`, text],
      );
      expect(Object.fromEntries(asHeaders)).toEqual(headers);
      expect(record.data === undefined ? null : Buffer.from(record.data)).toEqual(value);
    });
  });

  it('I10 R041 shows nothing of the person, and of two behaviours of one member nothing that both have', async () => {
    const { records: others } = await whenCaughtUp(await subscribe());
    const { records } = await whenCaughtUp(await subscribe({ contexts: ['behaviour'] }));
    const text = JSON.stringify(
      [...others, ...records].map((record) => [record.attributes, Buffer.from(record.data ?? []).toString()]),
    );
    expect(text).not.toMatch(/许一诺|139|保养|sealed|LS\d/);
    const behaviours = records.map(read).filter(({ context }) => context === 'behaviour');
    expect(behaviours.length).toBe(2);
    const [one, other] = behaviours.map((event) => new Set([event.id, event.key]));
    expect([...one!].filter((value) => other!.has(value))).toEqual([]);
    for (const { time, sequence, data } of behaviours)
      expect([time, sequence, data]).toEqual(['1998-06-30T00:00:00.000Z', null, { day: '1998-06-30' }]);
  });

  it('R041 is never a behaviour beside anything else: it is followed by itself, and no place of the others leads there', async () => {
    const { records, cursors } = await whenCaughtUp(await subscribe());
    expect(records.map(read).filter(({ context }) => context === 'behaviour')).toEqual([]);
    for (const contexts of [
      ['member', 'behaviour'],
      ['behaviour', 'statistics', 'behaviour'],
    ])
      expect(await refusalOf({ contexts })).toMatchObject({
        reason: 'FIELD_INVALID',
        violations: [{ field: 'contexts', rule: 'behaviour-alone' }],
      });
    const after = cursors.at(-1)!;
    expect(await refusalOf({ contexts: ['behaviour'], after })).toMatchObject({ reason: 'CURSOR_INVALID' });
    expect(await refusalOf({ contexts: ['member'], after })).toMatchObject({ reason: 'CURSOR_INVALID' });
    await whenCaughtUp(
      await subscribe({ contexts: ['retention', 'member', 'statistics', 'activity'], after }),
    );
  });

  it('comes as it happens, and only of the contexts that were asked for', async () => {
    const stream = await subscribe({ contexts: ['member'], after: 'end' });
    const coming = readUntil(stream, (records) => records.length > 0);
    await delay(100);
    await recordBehaviour(await world.member());
    const { records } = await coming;
    expect(records.map(read).map(({ type }) => type)).toEqual(['MemberRegistered']);
  });

  it('C09 a tombstone has no data', async () => {
    const [erased] = await appendLines(stack.store, memberErased({ memberId: id(0xe) }));
    expect(erased?.kind).toBe('appended');
    const { records } = await whenCaughtUp(await subscribe({ contexts: ['member'] }));
    const tombstone = records.at(-1)!;
    expect(tombstone.data).toBeUndefined();
    expect(read(tombstone)).toMatchObject({ type: 'MemberErased', key: id(0xe), data: null });
  });
});

describe('a cursor', () => {
  it('goes on while nothing of theirs happens, and everything that follows it comes', async () => {
    const stream = await subscribe({ contexts: ['statistics'], after: 'end' });
    const before = await stack.store.head();
    let quiet = 0;
    const coming = readUntil(stream, () => (quiet += 1) > 3);
    await world.member();
    const { records, cursors } = await coming;
    expect(records).toEqual([]);
    // Sealed as they are: what others do meanwhile has been passed.
    const own = { strict: false };
    const key = stack.server.app.get<Buffer>(CURSOR_KEY, own);
    const log = await stack.server.app.get<LogFeed>(LOG_FEED, own).name();
    const place = cursorsOf(key, 'car-club', new Set(['statistics']));
    expect([place.open(cursors[0]!, log), place.open(cursors.at(-1)!, log)]).toEqual([
      before,
      await stack.store.head(),
    ]);
    const rest = await whenCaughtUp(await subscribe({ contexts: ['statistics'], after: cursors.at(-1)! }));
    expect(rest.records).toEqual([]);
  });

  it('loses nothing wherever it is cut', async () => {
    for (let n = 0; n < 5; n += 1) await world.member();
    const whole = idsOf((await whenCaughtUp(await subscribe())).records);
    let after = '';
    const pieces: (string | undefined)[] = [];
    for (let cut = 0; cut < 5; cut += 1) {
      const { records, cursors } = await readUntil(await subscribe({ after }), () => true);
      pieces.push(...idsOf(records));
      after = cursors.at(-1)!;
      await world.member();
      whole.push((await published(stack.store, 'car-club')).at(-1)!.id);
    }
    pieces.push(...idsOf((await whenCaughtUp(await subscribe({ after }))).records));
    expect(pieces).toEqual(whole);
  });

  it('stands after as few records as were asked for at once', async () => {
    const [first, second] = idsOf((await whenCaughtUp(await subscribe())).records);
    const { records, cursors } = await readUntil(await subscribe({ maxRecords: 1 }), () => true);
    expect(idsOf(records)).toEqual([first]);
    const next = await readUntil(
      await subscribe({ maxRecords: 1, after: cursors[0]! }),
      (got) => got.length > 0,
    );
    expect(idsOf(next.records)).toEqual([second]);
    for (const maxRecords of [-1, 201])
      expect(await refusalOf({ maxRecords })).toMatchObject({ reason: 'FIELD_INVALID' });
  });

  it('is good for no other organisation and no other log, and no guess is one', async () => {
    const { cursors } = await whenCaughtUp(await subscribe());
    const good = cursors.at(-1)!;
    const foreign = cursorsOf(Buffer.alloc(32, 1), 'car-club', new Set(defaultContexts)).seal(1n, null);
    const flipped = Buffer.from(good, 'base64url');
    flipped[20]! ^= 1;
    for (const after of [
      '0',
      '1',
      'END',
      good.slice(0, -2),
      foreign,
      flipped.toString('base64url'),
      'A'.repeat(good.length),
    ])
      expect(await refusalOf({ after })).toMatchObject({ reason: 'CURSOR_INVALID' });
    expect(await refusalOf({ after: good }, { ...downstream, tenant: 'other-club' })).toMatchObject({
      reason: 'CURSOR_INVALID',
    });
    for (const after of ['1 OR 1=1', 'A'.repeat(101), '\u0000', '许'])
      expect(await refusalOf({ after })).toMatchObject({
        reason: 'FIELD_INVALID',
        violations: [{ field: 'after', rule: 'cursor' }],
      });
  });
});

describe('who may', () => {
  it('R054 nobody whom the pack does not name, and the refusal is written down', async () => {
    for (const role of ['integrator', 'customer-service', 'management', 'operator', 'member'])
      expect(await refusalOf({}, as(role))).toMatchObject({ reason: 'POLICY_DENIED' });
    const { entries } = await world.trail();
    const last = entries.at(-1)!;
    expect(last).toMatchObject({ eventType: 'PersonalDataReadDenied', outcome: 'denied' });
    expect(JSON.stringify(last)).toContain('to follow what is published');
  });

  it('nobody without a token, and no context that there is not', async () => {
    const stream = client.subscribe({ contexts: [], after: '', maxRecords: 0 });
    open.push(stream);
    const error = await new Promise<ServiceError>((resolve) => {
      stream.on('error', (refused) => resolve(refused as ServiceError));
      stream.resume();
    });
    expect(readStatus(error)).toMatchObject({ reason: 'TOKEN_MISSING' });
    expect(await refusalOf({ contexts: ['reads'] })).toMatchObject({ reason: 'FIELD_INVALID' });
    expect(await refusalOf({ contexts: Array.from({ length: 6 }, () => 'member') })).toMatchObject({
      reason: 'FIELD_INVALID',
    });
  });

  it('F07 as many as there may be, and one that has gone away makes room', async () => {
    const three = await Promise.all([1, 2, 3].map(() => subscribe()));
    await Promise.all(three.map((stream) => new Promise((resolve) => stream.once('data', resolve))));
    expect(await refusalOf({})).toMatchObject({ reason: 'SUBSCRIPTION_LIMIT' });
    three[0]!.cancel();
    await delay(300);
    const { cursors } = await whenCaughtUp(await subscribe());
    expect(cursors.length).toBeGreaterThan(0);
  });
});

describe('a reader that is slow', () => {
  const EVENTS = 20_000;
  const memberId = id(0x51);

  it('A11 holds the log back, and has everything in order once it reads', async () => {
    for (let start = 0; start < EVENTS; start += 1_000) await appendMany(stack.store, memberId, 1_000);
    let pulled = 0;
    const subscribeToLog = stack.store.subscribe.bind(stack.store);
    const counted: EventStore['subscribe'] = async function* (after, options) {
      for await (const batch of subscribeToLog(after, options)) {
        pulled += batch.events.length;
        yield batch satisfies LogBatch;
      }
    };
    const spy = Object.assign(stack.store, { subscribe: counted });
    const slow = await subscribe();
    // One is read: a client of this library that has read none yet takes in whatever comes.
    const first = await new Promise<integrationV1.SubscribeResponse>((resolve) => {
      slow.once('data', (response: integrationV1.SubscribeResponse) => {
        slow.pause();
        resolve(response);
      });
    });
    // What the sockets between the two hold fills up, and then nothing more is taken from the log.
    let before = -1;
    while (pulled === 0 || pulled > before) {
      before = pulled;
      await delay(1_500);
    }
    expect(pulled).toBeLessThan(EVENTS / 2);
    const { records } = await whenCaughtUp(slow);
    const sequences = [...first.records, ...records]
      .map(read)
      .filter(({ key }) => key === memberId)
      .map(({ sequence }) => sequence);
    expect(sequences).toEqual(Array.from({ length: EVENTS }, (_, n) => String(n).padStart(20, '0')));
    Object.assign(spy, { subscribe: subscribeToLog });
  }, 60_000);
});

it('F07 a subscription ends in its time although its reader has stalled, and its place is free', async () => {
  const rules = { perTenant: 1, keepAliveMs: 50, lastsMs: 3_000 };
  const own = await startReadStack(null, {}, { subscriptions: rules });
  const there = own.server.client(integrationV1.IntegrationServiceClient);
  const memberId = id(0x52);
  for (let n = 0; n < 20; n += 1) await appendMany(own.store, memberId, 1_000);
  const asked = { contexts: [], after: '', maxRecords: 0 };
  const stalled = there.subscribe(asked, await own.server.as(downstream));
  stalled.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    stalled.once('data', () => {
      stalled.pause();
      resolve();
    });
  });
  const other = async (): Promise<RefusedCall | null> => {
    const stream = there.subscribe(asked, await own.server.as(downstream));
    const told = await new Promise<RefusedCall | null>((resolve) => {
      stream.on('error', (refused) => resolve(readStatus(refused as ServiceError)));
      stream.once('data', () => resolve(null));
    });
    stream.cancel();
    return told;
  };
  expect(await other()).toMatchObject({ reason: 'SUBSCRIPTION_LIMIT' });
  await delay(rules.lastsMs + 500);
  expect(await other()).toBeNull();
  stalled.cancel();
  await own.stop();
}, 60_000);

it('G01 a server that stops says so to its subscribers, who go on elsewhere', async () => {
  const own = await startReadStack();
  await appendLines(own.store, registered({ memberId: id(0x77) }));
  const there = own.server.client(integrationV1.IntegrationServiceClient);
  const stream = there.subscribe({ contexts: [], after: '', maxRecords: 0 }, await own.server.as(downstream));
  const ended = new Promise<RefusedCall>((resolve) => {
    stream.on('error', (refused) => resolve(readStatus(refused as ServiceError)));
  });
  await new Promise((resolve) => stream.once('data', resolve));
  await own.stop();
  expect(await ended).toMatchObject({ reason: 'SHUTTING_DOWN' });
}, 60_000);

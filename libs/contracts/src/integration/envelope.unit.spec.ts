import { CloudEvent, Kafka, type KafkaMessage } from 'cloudevents';
import * as fc from 'fast-check';
import { contextRules, integrationEventOf, publishedContexts } from '@lacuna/domain/integration';
import {
  activityEnded,
  behaviourCounted,
  behaviourRecorded,
  id,
  memberErased,
  recordedLog,
  registered,
} from '@lacuna/testing';
import {
  EnvelopeError,
  fromAttributes,
  fromKafkaRecord,
  toAttributes,
  toBytes,
  toKafkaRecord,
  topicContexts,
  topicOf,
  topics,
  type PublishedEvent,
  type ReceivedRecord,
} from './index.js';

const lines = [registered(), activityEnded(), behaviourRecorded(), behaviourCounted(), memberErased()];
const events = recordedLog(lines).flatMap((event) => integrationEventOf(event) ?? []);
const cases = events.map((event): [string, (typeof events)[number]] => [event.type, event]);

/** Without what only a carrier sees. */
const asPublished = (event: (typeof events)[number]): PublishedEvent =>
  Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'stamp')) as PublishedEvent;

describe('CloudEvents 1.0 over Kafka, binary mode', () => {
  it.each(cases)('a record of %s is read back as it was', (_, event) => {
    expect(fromKafkaRecord(toKafkaRecord(event))).toEqual(asPublished(event));
    expect(fromAttributes(toAttributes(event), toBytes(event))).toEqual(asPublished(event));
  });

  it.each(cases.filter(([, { data }]) => data !== null))(
    'the public library reads and validates a record of %s',
    (_, event) => {
      const { key, value, headers, timestamp } = toKafkaRecord(event);
      const message = { key, value, headers, timestamp, body: value } as KafkaMessage;
      expect(Kafka.isEvent(message)).toBe(true);
      const read = Kafka.toEvent(message) as CloudEvent;
      expect(read.validate()).toBe(true);
      expect(new CloudEvent(read, true).toJSON()).toMatchObject({
        specversion: '1.0',
        id: event.id,
        source: `urn:lacuna:${event.tenant}`,
        type: `lacuna.${event.context}.${event.type}.v1`,
        subject: event.key,
        time: event.time,
        datacontenttype: 'application/json',
        dataschema: `urn:lacuna:schema:${event.context}:${event.type}:1`,
        partitionkey: event.key,
        dataclassification: event.classification,
        data: event.data,
        ...(event.sequence === null ? {} : { sequence: event.sequence }),
      });
    },
  );

  it('reads what the public library has written', () => {
    const [event] = events;
    const message = Kafka.binary(new CloudEvent({ ...toAttributes(event!), data: event!.data }));
    const headers = Object.fromEntries(
      Object.entries(message.headers).filter(([, value]) => value !== undefined),
    );
    const value = Buffer.from(JSON.stringify(message.value));
    expect(fromKafkaRecord({ key: String(message.key), value, headers: headers })).toEqual(
      asPublished(event!),
    );
  });

  it('C09 a tombstone is a record without a value, and names nothing but the key and what happened', () => {
    const record = toKafkaRecord(events.find(({ type }) => type === 'MemberErased')!);
    expect(record.value).toBeNull();
    expect(Object.keys(record.headers).sort()).toEqual([
      'ce_dataclassification',
      'ce_id',
      'ce_partitionkey',
      'ce_sequence',
      'ce_source',
      'ce_specversion',
      'ce_subject',
      'ce_time',
      'ce_type',
    ]);
  });

  it('carries the trace of its command beside the envelope, and is read back without it', () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const record = toKafkaRecord({ ...events[0]!, trace });
    expect(record.headers['traceparent']).toBe(trace);
    expect(fromKafkaRecord(record)).toEqual(asPublished(events[0]!));
    expect(toKafkaRecord(events[0]!).headers).not.toHaveProperty('traceparent');
  });

  it('R041 a behaviour is dated by its day in the headers and by the day of its recording in the record', () => {
    const record = toKafkaRecord(events.find(({ type }) => type === 'BehaviourRecorded')!);
    expect(record.headers['ce_time']).toBe('1998-03-04T00:00:00.000Z');
    expect(Number(record.timestamp) % 86_400_000).toBe(0);
    expect(record.headers).not.toHaveProperty('ce_sequence');
  });

  it('takes header values as bytes, as text and in a list of one, in any case', () => {
    const { key, value, headers } = toKafkaRecord(events[0]!);
    const shapes: readonly ReceivedRecord['headers'][] = [
      Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
      Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.toUpperCase(), text])),
      Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, [Buffer.from(text)]])),
    ];
    for (const shape of shapes)
      expect(fromKafkaRecord({ key: Buffer.from(key), value, headers: shape })).toEqual(
        asPublished(events[0]!),
      );
  });

  it('lets pass what a newer producer says besides', () => {
    const [event] = events;
    const attributes = {
      ...toAttributes(event!),
      traceparent: '00-1-1-00',
      type: 'lacuna.member.MemberMoved.v7',
    };
    const bytes = Buffer.from(JSON.stringify({ ...event!.data, added: 1 }));
    expect(fromAttributes(attributes, bytes)).toMatchObject({
      type: 'MemberMoved',
      version: 7,
      data: { added: 1 },
    });
  });
});

describe('a record that is none of ours', () => {
  const [event] = events;
  const good = toAttributes(event!);
  const bytes = toBytes(event!);
  const without = (attribute: string): Record<string, string> =>
    Object.fromEntries(Object.entries(good).filter(([name]) => name !== attribute));

  it.each<[string, Record<string, string>, Uint8Array | null]>([
    ['no type', without('type'), bytes],
    ['another specification', { ...good, specversion: '0.3' }, bytes],
    ['another source', { ...good, source: 'https://example.org' }, bytes],
    ['another name', { ...good, type: 'com.example.member.v1' }, bytes],
    ['a version of no number', { ...good, type: 'lacuna.member.MemberRegistered.v0' }, bytes],
    ['an empty id', { ...good, id: '' }, bytes],
    ['a prototype for an attribute', Object.create(good) as Record<string, string>, bytes],
    ['a sequence that does not compare', { ...good, sequence: '7' }, bytes],
    ['an empty sequence', { ...good, sequence: '' }, bytes],
    ['data of another kind', { ...good, datacontenttype: 'text/plain' }, bytes],
    ['data of no kind', without('datacontenttype'), bytes],
    ['data that are no JSON', good, Buffer.from('{')],
    ['data that are no UTF-8', good, Buffer.from([0x7b, 0xff, 0x7d])],
    ['data that are a list', good, Buffer.from('[]')],
    ['data that are null', good, Buffer.from('null')],
  ])('%s: is refused, and what it held is not repeated', (_, attributes, value) => {
    expect(() => fromAttributes(attributes, value)).toThrow(EnvelopeError);
    expect(() => fromAttributes(attributes, value)).toThrow(/^this is no envelope: [a-z]+$/);
  });

  it('lies under another key, or under none', () => {
    const record = toKafkaRecord(event!);
    expect(() => fromKafkaRecord({ ...record, key: 'another' })).toThrow(EnvelopeError);
    expect(() => fromKafkaRecord({ ...record, key: null })).toThrow(EnvelopeError);
    expect(() => fromKafkaRecord({ ...record, headers: { ...record.headers, ce_id: ['a', 'b'] } })).toThrow(
      EnvelopeError,
    );
    expect(() => fromKafkaRecord({ key: 'a', value: null })).toThrow(EnvelopeError);
  });

  it('whatever it holds, is refused with that error and no other', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(good), 'x'), fc.string()),
        fc.uint8Array(),
        (some, value) => {
          try {
            fromAttributes({ ...good, ...some }, value);
          } catch (error) {
            expect(error).toBeInstanceOf(EnvelopeError);
          }
        },
      ),
    );
  });
});

describe('topics', () => {
  const real = topics({ replicationFactor: 3, simulatedClock: false });
  const configOf = (context: string, declared = real): Readonly<Record<string, string>> =>
    declared.find((one) => one.context === context)?.config ?? {};

  it('there is one for each context that the log is published in, and no other', () => {
    expect([...topicContexts].sort()).toEqual([...publishedContexts].sort());
    expect(Object.keys(contextRules).sort()).toEqual([...topicContexts].sort());
    expect(real.map(({ topic }) => topic)).toEqual(topicContexts.map(topicOf));
  });

  it('their partitions are what they ever were: a key never moves', () => {
    expect(Object.fromEntries(real.map(({ topic, partitions }) => [topic, partitions]))).toEqual({
      'lacuna.member.v1': 6,
      'lacuna.activity.v1': 3,
      'lacuna.behaviour.v1': 6,
      'lacuna.statistics.v1': 3,
      'lacuna.retention.v1': 1,
    });
  });

  it('C09 what is about somebody is compacted to the tombstone, what is a figure or a proof is kept', () => {
    for (const context of ['member', 'activity']) expect(configOf(context)['cleanup.policy']).toBe('compact');
    for (const context of ['statistics', 'retention'])
      expect(configOf(context)).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': '-1' });
  });

  it('R041 a reference to a behaviour is deleted well inside the six months, unless the clock is simulated', () => {
    const behaviour = configOf('behaviour');
    expect(behaviour['cleanup.policy']).toBe('delete');
    const kept = Number(behaviour['retention.ms']) + Number(behaviour['segment.ms']);
    expect(kept).toBeGreaterThan(7 * 86_400_000);
    expect(kept).toBeLessThan(90 * 86_400_000);
    const simulated = topics({ replicationFactor: 3, simulatedClock: true });
    expect(configOf('behaviour', simulated)['retention.ms']).toBe('-1');
  });

  it('keeps the time that the record says, and acknowledges nothing that stands on one broker of several', () => {
    for (const { config } of real) {
      expect(config).toMatchObject({ 'message.timestamp.type': 'CreateTime', 'min.insync.replicas': '2' });
      expect(config).not.toHaveProperty('message.timestamp.after.max.ms');
    }
    for (const { config, replicationFactor } of topics({ replicationFactor: 1, simulatedClock: true })) {
      expect(replicationFactor).toBe(1);
      expect(config['min.insync.replicas']).toBe('1');
      expect(config['message.timestamp.after.max.ms']).toBe('9223372036854775807');
    }
  });

  it('a member’s records share a key, whatever they are of', () => {
    const log = recordedLog([registered(), memberErased()]).map((one) =>
      toKafkaRecord(integrationEventOf(one)!),
    );
    expect(new Set(log.map(({ topic, key }) => `${topic} ${key}`))).toEqual(
      new Set([`lacuna.member.v1 ${id(1)}`]),
    );
  });
});

import type { IntegrationEvent } from '@lacuna/domain/integration';
import { topicOf, topics } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import { assertAllTaken, firstPartition, placeRecords, type PlacedTopic } from './place-records.js';

const declared = topics({ replicationFactor: 1, simulatedClock: false });

const about = (key: string, sequence: number): IntegrationEvent => ({
  id: `${key}-${sequence}`,
  tenant: 'car-club',
  context: 'member',
  type: 'MemberRegistered',
  version: 1,
  key,
  sequence: String(sequence).padStart(20, '0'),
  time: '1998-07-01T01:00:00.000Z',
  stamp: '1998-07-01T01:00:00.000Z',
  data: { memberId: key },
  classification: 'confidential',
});

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'fine';
  } catch (error) {
    return error instanceof LacunaError ? error.code : 'failed';
  }
};

describe('records in their places', () => {
  it('one key is one partition, in its order, and keys are spread', () => {
    const events = Array.from({ length: 400 }, (_, n) => about(`key-${n % 40}`, n));
    const [topic, ...others] = placeRecords(events, declared);
    expect(others).toEqual([]);
    expect(topic?.topic).toBe(topicOf('member'));
    const places = new Map<string, Set<number>>();
    for (const { key, partition } of topic?.messages ?? [])
      places.set(String(key), (places.get(String(key)) ?? new Set()).add(partition));
    expect([...places.values()].every(({ size }) => size === 1)).toBe(true);
    expect(new Set([...places.values()].flatMap((found) => [...found]))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(topic?.messages.map(({ headers }) => headers?.['ce_id'])).toEqual(events.map(({ id }) => id));
  });

  it('are dated by the event, never by the moment they are sent', () => {
    const [topic] = placeRecords([about('one', 1)], declared);
    expect(topic?.messages[0]?.timestamp).toBe(String(Date.parse('1998-07-01T01:00:00.000Z')));
  });

  it('are refused for a topic that nobody declared', () => {
    expect(codeOf(() => placeRecords([about('one', 1)], []))).toBe('TOPIC_UNDECLARED');
  });
});

it('the first partition and the rest are all that was placed, in its order', () => {
  const placed = placeRecords(
    Array.from({ length: 60 }, (_, n) => about(`key-${n % 9}`, n)),
    declared,
  );
  const [first, rest] = firstPartition(placed);
  const idsIn = (topics: readonly PlacedTopic[], partition: number) =>
    topics.flatMap(({ messages }) =>
      messages.filter((one) => one.partition === partition).map(({ headers }) => headers?.['ce_id']),
    );
  expect(new Set(first.flatMap(({ messages }) => messages.map(({ partition }) => partition))).size).toBe(1);
  for (const partition of [0, 1, 2, 3, 4, 5])
    expect([...idsIn(first, partition), ...idsIn(rest, partition)]).toEqual(idsIn(placed, partition));
  expect(firstPartition([])).toEqual([[], []]);
  const [only, nothing] = firstPartition(placeRecords([about('one', 1)], declared));
  expect([only.length, nothing.length]).toEqual([1, 0]);
});

describe('C04 what a send resolves to', () => {
  const sent: readonly PlacedTopic[] = [
    {
      topic: 'a',
      messages: [
        { value: '1', partition: 0 },
        { value: '2', partition: 1 },
        { value: '3', partition: 1 },
      ],
    },
  ];
  const answer = (partition: number, errorCode = 0) => ({ topicName: 'a', partition, errorCode });

  it('is good when each partition has answered once', () => {
    expect(codeOf(() => assertAllTaken(sent, [answer(1), answer(0)]))).toBe('fine');
  });

  it.each([
    ['leaves one out', [answer(0)]],
    ['has one twice', [answer(0), answer(1), answer(1)]],
    ['has one with an error', [answer(0), answer(1, 6)]],
    ['is of another topic', [answer(0), { ...answer(1), topicName: 'b' }]],
  ])('is not when it %s', (_, answered) => {
    expect(codeOf(() => assertAllTaken(sent, answered))).toBe('BROKER_LEFT_OUT');
  });
});

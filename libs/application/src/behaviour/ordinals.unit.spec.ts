import fc from 'fast-check';
import { LacunaError } from '@lacuna/domain/kernel';
import type { ScopedKeys } from '@lacuna/custody';
import type { AppendResult, EventStore, StreamSlice } from '@lacuna/event-store';
import { firstFree, Ordinals } from './ordinals.js';

it('finds the first free place from anywhere before it, in steps that grow with its logarithm', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(5_000), fc.nat(5_000), async (one, other) => {
      const [from, length] = [Math.min(one, other), Math.max(one, other)];
      let asked = 0;
      const stands = (ordinal: number): Promise<boolean> => {
        asked += 1;
        return Promise.resolve(ordinal < length);
      };
      expect(await firstFree(stands, from)).toBe(length);
      expect(asked).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(length - from + 2)) + 2);
    }),
  );
});

const keysOf = (person: string): ScopedKeys =>
  ({ stream: (ordinal: number) => `${person}${String(ordinal)}` }) as ScopedKeys;

/** A log of streams of one event each, for what `Ordinals` asks of a store. */
class Streams {
  readonly standing = new Set<string>();
  reads = 0;

  readonly store = {
    readStream: (stream: string): Promise<StreamSlice> => {
      this.reads += 1;
      return Promise.resolve({ events: [], last: this.standing.has(stream) ? 0n : null });
    },
  } as Partial<EventStore> as EventStore;

  append = (stream: string): Promise<AppendResult> => {
    if (this.standing.has(stream)) return Promise.resolve({ kind: 'conflict', actual: 0n });
    this.standing.add(stream);
    return Promise.resolve({ kind: 'appended', revision: 0n, position: 1n, recordedAt: '' });
  };
}

it('remembers where a day ends, and forgets the day that was longest not asked for', async () => {
  const streams = new Streams();
  const ordinals = new Ordinals(streams.store, 2);
  const add = (person: string) => ordinals.append('car-club', keysOf(person), streams.append);
  for (const person of ['a', 'b', 'a', 'b', 'a']) await add(person);
  expect(streams.reads).toBe(0);
  await add('c');
  expect(streams.reads).toBe(0);
  // `b` was forgotten: its end is found again.
  expect((await add('b')).ordinal).toBe(2);
  expect(streams.reads).toBeGreaterThan(0);
});

it('a place whose append failed is tried again by the next one, so that there is no gap', async () => {
  const streams = new Streams();
  const ordinals = new Ordinals(streams.store);
  const failing = () => Promise.reject(new LacunaError('STORE_UNAVAILABLE'));
  const results = await Promise.allSettled([
    ordinals.append('car-club', keysOf('a'), streams.append),
    ordinals.append('car-club', keysOf('a'), failing),
    ordinals.append('car-club', keysOf('a'), streams.append),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect([...streams.standing]).toEqual(['car-club.behaviour-a0', 'car-club.behaviour-a1']);
});

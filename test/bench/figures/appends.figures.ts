import { randomUUID } from 'node:crypto';
import { RegisterMember } from '@lacuna/application';
import type { NewEvent } from '@lacuna/event-store';
import { storedBytes } from '../house.js';
import { compareAll, medianLatency, throughput, type Comparison } from '../measure.js';
import { frameAs } from '../people.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

/** A stored event as a pattern for appends: one member's registration. */
const patternEvent = async ({ house, people }: Bench): Promise<NewEvent> => {
  const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), people.next()));
  const [event] = (await house.store.readStream(`car-club.member-${memberId}`)).events;
  if (event === undefined) throw new Error('a registration left no event');
  const { type, schemaVersion, data, metadata } = event;
  return { id: event.id, type, schemaVersion, data, metadata };
};

const appending =
  ({ house }: Bench, pattern: NewEvent) =>
  (): Promise<unknown> => {
    const id = randomUUID();
    return house.store.append({
      stream: `bench.append-${id}`,
      expected: 'none',
      events: [{ ...pattern, id }],
      now: new Date().toISOString(),
    });
  };

const appendsAt =
  (bench: Bench, pattern: NewEvent, bytes: number) =>
  (width: number): Comparison => {
    const count = scaled(width === 1 ? 1_000 : 8_000, bench, width);
    const load = { count, width };
    return {
      name: `raw appends of one event, ${width} at once`,
      unit: '/s',
      floorName: `single-row inserts of ${bytes} B at ${width} connections`,
      floor: () => bench.inserts.perSecond(load, bytes),
      value: () => throughput(load, appending(bench, pattern)),
    };
  };

/** Shown without a bar: the event store alone, by how many callers share a commit. */
export const appendFigures: FigureGroup = {
  name: 'appends',
  measure: async (bench) => {
    const pattern = await patternEvent(bench);
    const bytes = await storedBytes(bench.house.ownerUrl, 'MemberRegistered');
    await throughput({ count: 512, width: 64 }, appending(bench, pattern));
    return compareAll(scaled(3, bench), [1, 16, 64, 256].map(appendsAt(bench, pattern, bytes)));
  },
};

/** Shown without a bar: what one caller waits for one registration. */
export const latencyFigures: FigureGroup = {
  name: 'latency',
  measure: async (bench) => {
    const { house, people, inserts } = bench;
    const count = scaled(300, bench, 20);
    const register = () => house.run(new RegisterMember(frameAs('integrator'), people.next()));
    await medianLatency(50, register);
    const bytes = await storedBytes(house.ownerUrl, 'MemberRegistered');
    return compareAll(scaled(3, bench), [
      {
        name: 'registration, one caller, p50',
        unit: 'ms',
        floorName: `one single-row insert of ${bytes} B, p50`,
        floor: () => inserts.latency(count, bytes),
        value: () => medianLatency(count, register),
      },
    ]);
  },
};

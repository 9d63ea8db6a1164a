import { isDeepStrictEqual } from 'node:util';
import { LacunaError, streamId } from '@lacuna/domain/kernel';
import type { NightCounted, StatisticsEvent } from '@lacuna/domain/statistics';
import type { ClosedNight } from '@lacuna/custody';
import type { NewEvent } from '@lacuna/event-store';
import { systemMetadata } from '../execute/frame.js';
import { loadStream } from '../execute/load.js';
import { toStored } from '../execute/write.js';
import type { Ports } from '../ports.js';

/** What a night comes to: its cells, then the word that it is whole. */
export type NightResult = Readonly<{
  cells: readonly Omit<Extract<StatisticsEvent, { type: 'BehaviourCounted' }>['data'], 'night'>[];
  counted: NightCounted['data'];
}>;

const EVENTS_PER_APPEND = 1_000;

const eventsOf = (
  ports: Ports,
  tenant: string,
  night: ClosedNight,
  { cells, counted }: NightResult,
): readonly NewEvent[] => {
  const metadata = systemMetadata(ports, tenant);
  const events: readonly StatisticsEvent[] = [
    ...cells.map((cell) => ({
      type: 'BehaviourCounted' as const,
      data: { night: night.night, ...cell },
    })),
    { type: 'NightCounted', data: counted },
  ];
  return events.map((event, index) => toStored(event, night.id(`counted:${String(index)}`), metadata, null));
};

/**
 * Writes down what a night comes to: all of it, once. A crash between two appends leaves a beginning, which the same
 * copies and the same k give again; where they do not (k was changed in between) the two halves would not add up, and
 * it stops: `NIGHT_DIVERGED`.
 */
export const appendCounts = async (
  ports: Ports,
  tenant: string,
  night: ClosedNight,
  result: NightResult,
): Promise<void> => {
  const stream = streamId(tenant, 'statistics', night.night);
  const events = eventsOf(ports, tenant, night, result);
  const { events: there } = await loadStream(ports.store, stream);
  const isBeginning = there.every(({ id, data }, index) => {
    const event = events[index];
    return event?.id === id && isDeepStrictEqual(event.data, data);
  });
  if (!isBeginning)
    throw new LacunaError(
      'NIGHT_DIVERGED',
      'what was counted of the night before a crash was counted otherwise',
    );
  for (let start = there.length; start < events.length; start += EVENTS_PER_APPEND) {
    const appended = await ports.store.append({
      stream,
      expected: start === 0 ? 'none' : BigInt(start - 1),
      events: events.slice(start, start + EVENTS_PER_APPEND),
      now: ports.clock.now(),
    });
    if (appended.kind === 'conflict')
      throw new LacunaError('REVISION_CONFLICT', 'somebody else counts this night');
  }
};

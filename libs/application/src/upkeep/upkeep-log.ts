import { randomUUID } from 'node:crypto';
import { readEvent, type StoredEvent } from '@lacuna/domain/catalogue';
import { streamId, systemTenant, type Instant } from '@lacuna/domain/kernel';
import type { KeysRotated, UpkeepEvent } from '@lacuna/domain/upkeep';
import type { AppendResult, EventStore, ExpectedRevision, Revision } from '@lacuna/event-store';
import { factId } from '../execute/fact-id.js';
import { systemMetadata } from '../execute/frame.js';
import { toStored } from '../execute/write.js';
import type { Ports } from '../ports.js';

export const upkeepStream = streamId(systemTenant, 'custody', 'keys');

export type UpkeepEntry = Readonly<{ event: StoredEvent; at: Instant; revision: Revision }>;

const PAGE = 50;

/** The system's own stream, newest first: a reader stops when it has seen enough. */
export async function* upkeepBackwards(store: EventStore): AsyncGenerator<UpkeepEntry> {
  let from: Revision | undefined;
  for (;;) {
    const { events } = await store.readStream(upkeepStream, {
      direction: 'backward',
      limit: PAGE,
      ...(from === undefined ? {} : { from }),
    });
    for (const recorded of events)
      yield {
        event: readEvent(recorded),
        at: recorded.metadata.occurredAt,
        revision: recorded.revision,
      };
    const oldest = events.at(-1);
    if (oldest === undefined || oldest.revision === 0n) return;
    from = oldest.revision - 1n;
  }
}

const append = (
  ports: Ports,
  event: UpkeepEvent,
  { id, expected }: Readonly<{ id: string; expected: ExpectedRevision }>,
): Promise<AppendResult> =>
  ports.store.append({
    stream: upkeepStream,
    expected,
    events: [toStored(event, id, systemMetadata(ports, systemTenant), null)],
    now: ports.clock.now(),
  });

/** Appends what was decided by the stream as it was read; where somebody else was quicker, nothing is written. */
export const appendUpkeep = async (
  ports: Ports,
  event: UpkeepEvent,
  expected: ExpectedRevision,
): Promise<void> => {
  await append(ports, event, { id: randomUUID(), expected });
};

/** Writes a fact down once for ever, whoever else is about to write it: one that acts late changes nothing. */
export const appendUpkeepFact = async (
  ports: Ports,
  event: UpkeepEvent,
  fact: readonly string[],
): Promise<void> => {
  await append(ports, event, { id: factId(systemTenant, event.type, ...fact), expected: 'any' });
};

/** The rotations in the log that may cover what was destroyed at or after an instant, newest first. */
export const rotationsSince = async (
  store: EventStore,
  instant: Instant,
): Promise<readonly KeysRotated['data'][]> => {
  const found: KeysRotated['data'][] = [];
  for await (const { event, at } of upkeepBackwards(store)) {
    if (at < instant) break;
    if (event.type === 'KeysRotated') found.push(event.data);
  }
  return found;
};

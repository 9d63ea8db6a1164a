import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { LacunaError } from '@lacuna/domain/kernel';
import type { EventStore, RecordedEvent } from '../event-store.port.js';

/**
 * What two logs have in common when they are the same one: so many events, and the SHA-256 over each event's
 * canonical bytes (RFC 8785) in the order of the log, a line each. Positions are an engine's own and not in it.
 */
export type LogProof = Readonly<{ events: bigint; sha256: string }>;

/** An event as it is in every engine. */
export const canonicalEvent = (event: RecordedEvent): string => {
  const { id, type, schemaVersion, data, metadata, stream, recordedAt } = event;
  const revision = event.revision.toString();
  try {
    const text = canonicalize({ id, type, schemaVersion, data, metadata, stream, revision, recordedAt });
    if (text !== undefined) return text;
  } catch {
    // The reason would be about the data.
  }
  throw new LacunaError('EVENT_NOT_CANONICAL', 'an event has no canonical form: a string is not Unicode');
};

export type RunningProof = Readonly<{ add(canonical: string): void; done(): LogProof }>;

export const startProof = (): RunningProof => {
  const hash = createHash('sha256');
  let events = 0n;
  return {
    add: (canonical) => {
      hash.update(canonical).update('\n');
      events += 1n;
    },
    done: () => ({ events, sha256: hash.copy().digest('hex') }),
  };
};

/** All events of a log up to its head, one after the other. */
export async function* eventsOf(
  store: Pick<EventStore, 'readAll'>,
): AsyncGenerator<RecordedEvent, undefined> {
  for await (const batch of store.readAll(0n)) yield* batch.events;
}

export const proofOf = async (store: Pick<EventStore, 'readAll'>): Promise<LogProof> => {
  const proof = startProof();
  for await (const event of eventsOf(store)) proof.add(canonicalEvent(event));
  return proof.done();
};

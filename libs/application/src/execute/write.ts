import canonicalize from 'canonicalize';
import { catalogue, sealFields } from '@lacuna/domain/catalogue';
import {
  LacunaError,
  hasCode,
  type DomainEvent,
  type EventMetadata,
  type Instant,
} from '@lacuna/domain/kernel';
import type { SubjectWriter } from '@lacuna/custody';
import type { AppendResult, EventStore, ExpectedRevision, NewEvent } from '@lacuna/event-store';
import { assertAwaited } from '@lacuna/runtime';
import { withTrace } from './trace.js';

/** The digest that a retry is compared by, under a key of the subject: a plain one could be guessed. */
export const digestOf = (writer: SubjectWriter, category: string, payload: unknown): string =>
  writer.digest(category, canonicalize(payload) ?? '');

const noPersonalField = (): never => {
  throw new LacunaError('EVENT_MALFORMED', 'an event with personal fields has no writer to seal them');
};

/** What can seal a value of a category: a subject's writer, or the keys of a scope or of a night. */
export type Sealer = Pick<SubjectWriter, 'seal'>;

/** The stored form of a decided event: newest version, personal values sealed, checked against its contract. */
export const toStored = (
  event: DomainEvent,
  id: string,
  metadata: EventMetadata,
  writer: Sealer | null,
): NewEvent => {
  const entry = catalogue.newest(event.type);
  const data = sealFields(entry, event, (category, label, plaintext) =>
    writer === null ? noPersonalField() : writer.seal(category, label, id, plaintext),
  );
  return {
    id,
    type: event.type,
    schemaVersion: entry.version,
    data,
    metadata: withTrace(event.type, metadata),
  };
};

export type Append = Readonly<{
  stream: string;
  expected: ExpectedRevision;
  events: readonly NewEvent[];
  now: Instant;
}>;

/**
 * An event id that stands elsewhere means that this request id was used for something else. A caller who has hung up
 * gets nothing appended.
 */
export const append = async (store: EventStore, request: Append): Promise<AppendResult> => {
  assertAwaited();
  try {
    return await store.append(request);
  } catch (error) {
    if (hasCode(error, 'EVENT_ID_REUSED'))
      throw new LacunaError('REQUEST_ID_REUSED', 'the request id was used for another command', [], {
        cause: error,
      });
    throw error;
  }
};

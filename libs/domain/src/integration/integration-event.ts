import type { EventMetadata, Instant } from '../kernel/index.js';

/** What is published, one topic each. */
export const publishedContexts = ['member', 'activity', 'behaviour', 'statistics', 'retention'] as const;
export type IntegrationContext = (typeof publishedContexts)[number];

/** How a record must be handled: `confidential` names somebody by a pseudonym, `internal` is about nobody. */
export type Classification = 'internal' | 'confidential';

/**
 * A fact of the log as others may know it. Nothing in it is personal, sealed or a digest; whoever may know more asks
 * for it, and the asking is recorded.
 */
export type IntegrationEvent = Readonly<{
  /** The id of the event in the log: the same for ever, so that a repeat can be told. */
  id: string;
  tenant: string;
  context: IntegrationContext;
  /** Name and version of the newest shape, whatever shape the log holds. */
  type: string;
  version: number;
  /** What it is about: an order is promised among the records of one key only. */
  key: string;
  /** Rises with each record of a key, 20 digits, with gaps. `null`: each record of the key stands alone. */
  sequence: string | null;
  /** When it happened; of a single behaviour the day alone, `1998-03-04T00:00:00.000Z`. */
  time: Instant;
  /** The time that a carrier may write beside the record, in place of its own clock's: of a behaviour the local day it was recorded, as in `time`. */
  stamp: Instant;
  /** `null`: a tombstone, everything of this key is to be forgotten. */
  data: Readonly<Record<string, unknown>> | null;
  classification: Classification;
  /** The W3C traceparent of what it came out of, where it was traced; it says nothing of the event. */
  trace?: string;
}>;

/** What the mapping looks at of a recorded event. Not its position: that is the engine's, and differs from one to the next. */
export type RecordedForm = Readonly<{
  id: string;
  stream: string;
  revision: bigint;
  type: string;
  schemaVersion: number;
  data: Readonly<Record<string, unknown>>;
  metadata: Pick<EventMetadata, 'tenant' | 'occurredAt' | 'trace'>;
}>;

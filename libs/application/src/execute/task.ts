import type { StoredEvent } from '@lacuna/domain/catalogue';
import type { Decision, DomainEvent, EventMetadata, Instant } from '@lacuna/domain/kernel';
import type { OpenRequest, SubjectRef, SubjectWriter } from '@lacuna/custody';
import type { NewEvent, Position } from '@lacuna/event-store';
import type { Folding, LoadedStream } from './load.js';

/** Where a request would leave its events: one target per request key that still lives, the current key's last. */
export type Target = Readonly<{
  stream: string;
  /** Whose data the stream holds; the stream's own id where it is nobody's. */
  subject: string;
  /** The request key's epoch, for what mints; null: the names come from no request key. */
  epoch: number | null;
  /** Id of something the request creates in the stream (`correction` ...). */
  id: (label: string) => string;
  eventId: (index: number) => string;
}>;

export type Targets = readonly [...previous: Target[], current: Target];

export const currentTarget = (targets: Targets): Target => targets.at(-1) as Target;

/** A unique value that an event takes into use. */
export type ClaimedValue = Readonly<{ kind: string; value: string }>;

/** Whose keys seal the event, and what is claimed with it. */
export type Sealing<Decided extends DomainEvent> = Readonly<{
  subject: SubjectRef;
  categories: readonly string[];
  mint: OpenRequest['mint'];
  /** Other subjects that must be live when the claims are made. */
  alsoLive?: readonly string[];
  /** Category of the key that digests the payload; null: the payload leaves no digest. */
  digest: string | null;
  claims?: (event: Decided) => readonly ClaimedValue[];
}>;

/** What a command left in the log: now, or when it was first sent. */
export type Done = Readonly<{
  event: Pick<NewEvent, 'id' | 'type' | 'data' | 'metadata'>;
  position: Position;
  recordedAt: Instant;
}>;

/**
 * One command made concrete for one attempt. A handler fills it in and names the decider: no rule stands here.
 * `Stored` is the union of events in the stream, `Decided` what the decider gives in plain text.
 */
export type Task<State, Stored extends StoredEvent, Decided extends DomainEvent, Answer> = Readonly<{
  targets: () => Promise<Targets>;
  /** Where all targets are one, whatever the request key: it is loaded and opened while the names are asked for. */
  at?: Readonly<{ stream: string; subject: string }>;
  /** It begins its stream: the first attempt writes without looking, and looks when the log or custody objects. */
  creates?: true;
  folding: Folding<State, Stored>;
  /** Whose keys seal what is decided, for a target's subject; null: nothing personal is in it. */
  sealing: ((subject: string) => Sealing<Decided>) | null;
  /** What the request says, for the comparison with a retry. */
  payload: unknown;
  /** The code for the same names with another payload, where it is not `REQUEST_ID_REUSED`. */
  otherPayload?: string;
  metadata: EventMetadata;
  now: Instant;
  /** Calls the decider. May open what the decision needs in plain text, and writes nothing. */
  decide: (state: State, target: Target) => Decision<Decided> | Promise<Decision<Decided>>;
  /** What follows the append at once: claims. The append is durable, so a failure here must not be the answer. */
  appended?: (event: NewEvent, writer: SubjectWriter | null) => Promise<void> | void;
  answer: (done: Done) => Answer;
  /** The answer where the fact already held and nothing was written. */
  nothing: (state: State, loaded: LoadedStream) => Answer;
}>;

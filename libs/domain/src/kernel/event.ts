/** An instant in UTC with milliseconds, `1998-06-30T16:00:00.000Z`: sorts as text, compares as text. */
export type Instant = string;

/** A local calendar day in the tenant's zone, `1998-07-01`. */
export type LocalDate = string;

/** A personal value as it stands in the log and in the views. Only custody makes one, only custody opens one. */
export type Sealed = Readonly<{ sealed: string }>;

export const isSealed = (value: unknown): value is Sealed =>
  typeof value === 'object' && value !== null && typeof (value as { sealed?: unknown }).sealed === 'string';

/** A fact in the past tense: plain readonly data, told apart by `type`. No classes, no `Event` suffix. */
export type DomainEvent<Type extends string = string, Data extends object = object> = Readonly<{
  type: Type;
  data: Readonly<Data>;
}>;

/** Who acts. `role` is the one acting role of the request; a self-service member is the constant `subject`. */
export type Actor = Readonly<{ id: string; role: string }>;

/**
 * Why and how a person's data is handled by this command (R003, R006, R011, R013, R019):
 * every event carries it from version 1.
 */
export type Processing = Readonly<{
  channel: string;
  lawfulBasis: string;
  purposes: readonly string[];
  noticeVersion: string | null;
  provenance: string;
}>;

/** What stands in clear beside an event's data. Nothing here is personal or names a request. */
export type EventMetadata = Readonly<{
  tenant: string;
  /** The business clock when the command was decided. */
  occurredAt: Instant;
  actor: Actor;
  processing: Processing;
  /** `pack@version` the decision was made under (R105). */
  policy: string;
  /** Keyed digest of the request's payload: the same request id with another payload is refused. */
  payloadDigest?: string;
  /** The id of the event that a process answers; absent on what a person asked for. */
  causedBy?: string;
  /** The W3C traceparent of the command, where it was traced and the event may be tied to it. */
  trace?: string;
}>;

import { status } from '@grpc/grpc-js';

/** How a code answers outside. `retry`: repeating the same request later, unchanged, may succeed. */
export type ErrorRow = Readonly<{ grpc: status; http: number; retry?: boolean }>;

const invalid = { grpc: status.INVALID_ARGUMENT, http: 400 } as const;
const unauthenticated = { grpc: status.UNAUTHENTICATED, http: 401 } as const;
const denied = { grpc: status.PERMISSION_DENIED, http: 403 } as const;
const notFound = { grpc: status.NOT_FOUND, http: 404 } as const;
const exists = { grpc: status.ALREADY_EXISTS, http: 409 } as const;
const aborted = { grpc: status.ABORTED, http: 409, retry: true } as const;
const precondition = { grpc: status.FAILED_PRECONDITION, http: 412 } as const;
const exhausted = { grpc: status.RESOURCE_EXHAUSTED, http: 429, retry: true } as const;
const unavailable = { grpc: status.UNAVAILABLE, http: 503, retry: true } as const;

const table = {
  // The caller's words.
  FIELD_INVALID: invalid,
  REQUEST_MALFORMED: invalid,
  PROHIBITED_DATA: invalid,
  PAGE_TOKEN_INVALID: invalid,
  CURSOR_INVALID: invalid,
  AS_OF_INVALID: invalid,
  DURATION_INVALID: invalid,
  STREAM_ID_INVALID: invalid,
  EVENT_ID_INVALID: invalid,
  EVENT_TOO_LARGE: invalid,
  BATCH_LIMIT: invalid,
  POSITION_AHEAD_OF_LOG: invalid,
  VALUE_NOT_UNICODE: invalid,
  VALUE_TOO_LONG: invalid,
  KIND_UNKNOWN: invalid,
  OCCURRED_INVALID: invalid,
  OCCURRED_IN_FUTURE: invalid,
  ACTIVITY_END_IN_PAST: invalid,
  // Who the caller is, and what the pack lets them do.
  TOKEN_MISSING: unauthenticated,
  TOKEN_INVALID: unauthenticated,
  POLICY_DENIED: denied,
  PURPOSE_REQUIRED: denied,
  TENANT_UNKNOWN: denied,
  ACTIVITY_NOT_OWN: denied,
  // A person's data: erased, unknown and unavailable are three answers with three reasons.
  SUBJECT_ERASED: precondition,
  MEMBER_ERASED: precondition,
  SUBJECT_RESTRICTED: precondition,
  IDENTITY_ERASED: precondition,
  SUBJECT_UNKNOWN: notFound,
  MEMBER_NOT_FOUND: notFound,
  IDENTITY_NOT_FOUND: notFound,
  CUSTODY_UNAVAILABLE: unavailable,
  KMS_UNAVAILABLE: unavailable,
  KEYS_UNAVAILABLE: unavailable,
  // The keys are made for everybody at once, and will be there in a moment.
  SUBJECT_UNPREPARED: unavailable,
  READ_NOT_RECORDED: unavailable,
  // Rules of the domain.
  MEMBER_EXISTS: exists,
  REAL_NAME_VERIFIED_ALREADY: exists,
  CLAIM_TAKEN: exists,
  REQUEST_ID_REUSED: exists,
  EVENT_ID_REUSED: exists,
  CORRECTION_NOT_FOUND: notFound,
  CORRECTION_NOT_AS_REQUESTED: precondition,
  CORRECTION_NOT_DUE: precondition,
  ERASURE_NOT_FOUND: notFound,
  ERASURE_OUT_OF_ORDER: precondition,
  ERASURE_RETAINED_BY_LAW: precondition,
  CLOCK_IS_REAL: precondition,
  // Behaviour and activities: what has closed stays closed.
  BEHAVIOUR_NOT_FOUND: notFound,
  BEHAVIOUR_ANONYMISED: precondition,
  SCOPE_UNKNOWN: notFound,
  SCOPE_CLOSED: precondition,
  ACTIVITY_NOT_FOUND: notFound,
  ACTIVITY_ENDED: precondition,
  ALREADY_SIGNED_UP: exists,
  IMPORT_UNKNOWN: notFound,
  IMPORT_CHUNK_INVALID: precondition,
  IMPORT_UNDER_WAY: precondition,
  IMPORT_COMPLETED: precondition,
  // Races: load again, decide again.
  REVISION_CONFLICT: aborted,
  CLAIM_CONTESTED: aborted,
  STORE_CONTENDED: aborted,
  REQUEST_EPOCH_PAST: aborted,
  // Load and outage.
  STORE_BUSY: exhausted,
  CALLS_LIMIT: exhausted,
  SUBSCRIPTION_LIMIT: exhausted,
  KEY_EXHAUSTED: { grpc: status.RESOURCE_EXHAUSTED, http: 500 },
  STORE_UNAVAILABLE: unavailable,
  NIGHT_CLOSED: unavailable,
  VIEW_BEHIND: unavailable,
  VIEW_UNAVAILABLE: unavailable,
  SHUTTING_DOWN: unavailable,
  REACTOR_ELSEWHERE: unavailable,
  DEADLINE_PASSED: { grpc: status.DEADLINE_EXCEEDED, http: 504 },
  CALL_CANCELLED: { grpc: status.CANCELLED, http: 499 },
  // Ours; its cause is in the log under the error id, never in the answer.
  INTERNAL: { grpc: status.INTERNAL, http: 500 },
} as const satisfies Record<string, ErrorRow>;

/**
 * Codes that say something about the server to whoever runs it: they stop a start, park a stream or end a command of
 * the operator. Should one reach a call, it leaves as INTERNAL with an error id.
 */
export const operatorCodes: readonly string[] = [
  'ACTIVITY_NOT_DUE',
  'BIND_NOT_LOOPBACK',
  'BROKER_LEFT_OUT',
  'BROKER_SILENT',
  'BROKER_UNAVAILABLE',
  'CATALOGUE_INVALID',
  'CATEGORY_NOT_OPEN',
  'CHECKPOINT_MOVED',
  'CONFIG_INVALID',
  'COPY_DIFFERS',
  'CUSTODY_ARGUMENT_INVALID',
  'CUSTODY_BEHIND_LOG',
  'DATABASE_UNUSABLE',
  'DEADLINE_UNKNOWN',
  'ENVELOPE_INVALID',
  'EVENT_INVALID',
  'EVENT_MALFORMED',
  'EVENT_MISPLACED',
  'EVENT_NOT_CANONICAL',
  'EVENT_UNKNOWN',
  'EVENT_UNPUBLISHED',
  'FIELD_UNKNOWN',
  'INSTANT_INVALID',
  'KEK_MISSING',
  'KEY_CORRUPT',
  'KEY_FILE_EXPOSED',
  'KMS_FILE_EXPOSED',
  'KMS_FILE_INVALID',
  'KMS_FILE_MISSING',
  'LEASE_LOST',
  'LOG_BEHIND_CUSTODY',
  'LOG_CHANGED',
  'NIGHT_COPY_UNREADABLE',
  'NIGHT_DIVERGED',
  'PACK_FILE_INVALID',
  'PACK_INVALID',
  'READ_INVALID',
  'REBUILD_RUNNING',
  'REBUILD_STOPPED',
  'RELAY_FENCED',
  'RESTRICTION_UNREADABLE',
  'RETENTION_UNKNOWN',
  'REVISION_INVALID',
  'ROTATION_MISSING',
  'ROW_EXISTS',
  'ROW_INVALID',
  'ROW_MISSING',
  'RUN_TOO_WIDE',
  'SEALED_CORRUPT',
  'SEALED_VALUE_BROKEN',
  'SEAL_LABEL_INVALID',
  'SIGN_UPS_KEPT',
  'SOURCE_MOVED_ON',
  'STATISTICS_INEXACT',
  'STORE_REFUSED',
  'STORE_WOULD_FORGET',
  'SUBJECT_NOT_RESTRICTED',
  'TABLE_INVALID',
  'TARGET_DIFFERS',
  'TOPIC_DIFFERS',
  'TOPIC_UNDECLARED',
  'VIEW_FAILED',
  'VIEW_VERSION_NEWER',
];

/** A stable reason: once shipped it is neither renamed nor moved to another status. */
export type ErrorCode = keyof typeof table;

/**
 * Every code that may leave the product, and how it answers. The only file that knows gRPC status numbers.
 * A code that is not here leaves as INTERNAL.
 */
export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = table;

export const errorRow = (code: string): ErrorRow | undefined =>
  Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode] : undefined;

/** The names of the plain statuses: grpc-js answers some calls by itself, with nothing but one of them. */
export const plainStatuses: readonly string[] = Object.keys(status).filter((name) =>
  Number.isNaN(Number(name)),
);

/** The name of a status by its number. */
export const statusName = (code: number): string => status[code] ?? 'UNKNOWN';

export const isOk = (code: number): boolean => status[code] === 'OK';

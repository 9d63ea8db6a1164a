import { APART_COMMANDS, APART_METHODS, COMMANDS, METHODS, QUERIES, REACTIONS } from './vocabulary.js';

/** The values of a label: a list of this file, or what the process gives of its own code. */
export type LabelValues = readonly string[] | 'codes' | 'app' | 'version';

/** Null: it has none. */
type Labels = Readonly<Record<string, LabelValues>> | null;

export type MetricDeclaration = Readonly<{
  kind: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: Labels;
  /** Counted in lots where a label has one of these values (`true`: always): each of them would date a behaviour. */
  apart?: true | Readonly<{ label: string; values: readonly string[] }>;
  buckets?: readonly number[];
}>;

export const VIEWS = [
  'activities',
  'audit-trail',
  'behaviour',
  'deadlines',
  'member-directory',
  'statistics',
] as const;
export const VIEW_STATES = ['booting', 'live', 'paused', 'failed'] as const;
export const LEASES = [...VIEWS, 'reactor', 'rebuild', 'relay'] as const;
export const PROCESSORS = ['reactor', 'relay'] as const;
export const PROCESSOR_STATES = ['running', 'paused', 'failed', 'stopped'] as const;
export const HEALTH_PARTS = ['process', 'database', 'log', 'custody', 'views', 'reactor', 'relay'] as const;
export const DEADLINE_KINDS = [
  'activity-end',
  'activity-retention',
  'correction',
  'identity-retention',
] as const;
export const CUSTODY_OPERATIONS = [
  'claimsOf',
  'chunkId',
  'closeNights',
  'completeChunk',
  'confirmClaims',
  'destroy',
  'destroyScopes',
  'holdNight',
  'lookup',
  'open',
  'openScoped',
  'openScopes',
  'prepareSubjects',
  'releaseClaims',
  'requestNames',
  'restrict',
  'rotate',
  'status',
  'streamNames',
  'unseal',
] as const;
/** What every settling of the reactor asks, which follows any event within seconds. */
export const SETTLING_OPERATIONS: readonly string[] = ['closeNights'];
/** What the recording of behaviours and sign-ups asks of custody, also where others ask it, too; and what follows it soon. */
export const APART_OPERATIONS: readonly string[] = [
  ...SETTLING_OPERATIONS,
  'chunkId',
  'completeChunk',
  'confirmClaims',
  'holdNight',
  'lookup',
  'openScoped',
  'prepareSubjects',
  'releaseClaims',
  'status',
];

// From a cache hit to what a caller gives up on; seconds.
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

type More = Pick<MetricDeclaration, 'apart'>;

const counter = <const L extends Labels>(help: string, labels: L, more: More = {}) =>
  ({ kind: 'counter', help, labels, ...more }) as const;
const gauge = <const L extends Labels>(help: string, labels: L) => ({ kind: 'gauge', help, labels }) as const;
const seconds = <const L extends Labels>(help: string, labels: L, more: More = {}) =>
  ({ kind: 'histogram', help, labels, buckets: BUCKETS, ...more }) as const;

const apartMethods = { apart: { label: 'method', values: APART_METHODS } } as const;
const apartCommands = { apart: { label: 'command', values: APART_COMMANDS } } as const;
const apartOperations = { apart: { label: 'operation', values: APART_OPERATIONS } } as const;

/**
 * Every figure of the product. A figure that is not here cannot be made, a label that is not here cannot be given, and a
 * value of a label that is in no list becomes `other`. Counts that move with single behaviours move in lots, and places
 * in the log are shown in steps: beside the order of the log, a finer figure would give an event its time.
 */
const declared = {
  lacuna_build_info: gauge('1, with the app and the version that the process runs', {
    app: 'app',
    version: 'version',
  }),
  lacuna_ready: gauge('1 while the process can serve: every part of it, and it is not draining', null),
  lacuna_part_ready: gauge('1 while a part of the process serves', { part: HEALTH_PARTS }),

  lacuna_calls_total: counter(
    'gRPC calls that have ended, by their answer',
    { method: METHODS, code: 'codes' },
    apartMethods,
  ),
  lacuna_call_duration_seconds: seconds(
    'Time from a gRPC call to its status',
    { method: METHODS },
    apartMethods,
  ),
  lacuna_calls_open: gauge('gRPC calls under way', null),
  lacuna_connections: gauge('gRPC connections that are open', null),

  lacuna_commands_total: counter(
    'Commands that have been answered',
    { command: COMMANDS, code: 'codes' },
    apartCommands,
  ),
  lacuna_command_duration_seconds: seconds(
    'Time from a command to its durable answer',
    { command: COMMANDS },
    apartCommands,
  ),
  lacuna_queries_total: counter('Queries that have been answered', { query: QUERIES, code: 'codes' }),
  lacuna_query_duration_seconds: seconds('Time from a query to its answer, its own record included', {
    query: QUERIES,
  }),

  lacuna_log_appends_total: counter(
    'Appends to the log that have been answered, by their result',
    { result: ['appended', 'known', 'conflict', 'refused', 'busy', 'unavailable'] },
    { apart: { label: 'result', values: ['appended', 'known', 'conflict'] } },
  ),
  lacuna_log_append_duration_seconds: seconds('Time from an append to its answer', null, {
    apart: true,
  }),
  lacuna_log_events_total: counter('Events that this process has appended', null, { apart: true }),
  lacuna_log_head: gauge('Place of the last event of the log, in steps of 1,000', null),

  lacuna_view_position: gauge('Place in the log that a view has come to, in steps of 1,000', { view: VIEWS }),
  lacuna_view_lag: gauge('Places of the log that a view has before it, in steps of 1,000', { view: VIEWS }),
  lacuna_view_state: gauge('1 for the state that a view is in', { view: VIEWS, state: VIEW_STATES }),
  lacuna_view_parked_streams: gauge('Streams that a view has parked over an event it cannot apply', {
    view: VIEWS,
  }),

  lacuna_reactions_total: counter('What the reactor has done by itself', { kind: REACTIONS }),
  lacuna_reaction_failures_total: counter('Tries of the reactor that did not succeed', {
    kind: REACTIONS,
    code: 'codes',
  }),
  lacuna_night_age_seconds: gauge('Business time since the last nightly run was completed', null),
  lacuna_deadlines_open: gauge('Deadlines that stand', { kind: DEADLINE_KINDS }),
  lacuna_deadlines_overdue: gauge('Deadlines that have passed and still stand', { kind: DEADLINE_KINDS }),
  lacuna_processor_state: gauge('1 for the state that a processor last gave', {
    processor: PROCESSORS,
    state: PROCESSOR_STATES,
  }),
  lacuna_processor_failing: gauge('Kinds of work that a processor could not do when it last tried', {
    processor: PROCESSORS,
  }),
  lacuna_processor_age_seconds: gauge('Time since a processor last said how it is', {
    processor: PROCESSORS,
  }),

  lacuna_relay_position: gauge('Place in the log up to which all is on Kafka, in steps of 1,000', null),
  lacuna_relay_lag: gauge('Places of the log that are not on Kafka yet, in steps of 1,000', null),
  lacuna_relay_batches_total: counter('Batches that were committed to Kafka', null, { apart: true }),
  lacuna_relay_retries_total: counter('Batches that had to be begun again', null),

  lacuna_custody_operations_total: counter(
    'What was asked of custody, by its answer',
    { operation: CUSTODY_OPERATIONS, code: 'codes' },
    apartOperations,
  ),
  lacuna_custody_operation_duration_seconds: seconds(
    'Time from a question to custody to its answer',
    { operation: CUSTODY_OPERATIONS },
    apartOperations,
  ),
  lacuna_custody_rotations_total: counter('Rotations of the key-encryption keys that were completed', null),

  lacuna_lease_held: gauge('1 while somebody holds a lease', { lease: LEASES }),
  lacuna_lease_epoch: gauge('How often a lease has changed hands', { lease: LEASES }),

  lacuna_pool_connections: gauge('Connections of the pool, and who waits for one', {
    state: ['busy', 'idle', 'waiting'],
  }),
  lacuna_database_bytes: gauge('Size of the database on its disk', null),
  lacuna_figures_failed_total: counter('Figures of the database that could not be read for a scrape', null),

  lacuna_event_loop_delay_seconds: gauge('Delay of the event loop since the last scrape', {
    quantile: ['0.5', '0.99', '1'],
  }),
  lacuna_memory_bytes: gauge('Memory of the process', { kind: ['resident', 'heap', 'external'] }),
  lacuna_gc_seconds_total: counter('Time spent in garbage collection', {
    kind: ['major', 'minor', 'incremental', 'weakcb'],
  }),
  lacuna_started_seconds: gauge('When the process started, in seconds of the Unix time', null),
} as const satisfies Record<string, MetricDeclaration>;

export type MetricName = keyof typeof declared;

export const METRICS: Readonly<Record<MetricName, MetricDeclaration>> = declared;

/** The labels of a figure: all of them, and no other; null where it has none. */
export type LabelsOf<Name extends MetricName> = (typeof declared)[Name]['labels'] extends infer L
  ? L extends null
    ? null
    : Readonly<Record<keyof L, string>>
  : never;

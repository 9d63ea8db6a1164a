import { randomUUID } from 'node:crypto';
import { catalogue, sealFields } from '@lacuna/domain/catalogue';
import { streamId, type Actor, type DomainEvent, type Instant, type StreamKind } from '@lacuna/domain/kernel';
import type { AppendResult, EventStore, RecordedEvent } from '@lacuna/event-store';
import {
  eventReader,
  foldPlan,
  planView,
  rowsOf,
  workingSet,
  type Projection,
  type Row,
  type ViewProgress,
} from '@lacuna/projections';
import { commandContext, id, instantOf } from './builders/message-builder.js';

/** An event as it was decided, and where and when the log took it; what is not said is the demo club's, one minute after the last. */
export type LogLine = DomainEvent &
  Readonly<{ tenant?: string; recordedAt?: string; actor?: Actor; stream?: string }>;

/** What a value looks like once a spec has sealed it: distinguishable, and not the value as such. */
export const sealedAs = (value: string): string => `sealed(${value})`;

/** Where an event stands that says neither whose it is nor of what; `index`: one stream for each, as where a name is derived. */
const unnamedStreams = (index: number): Readonly<Record<string, readonly [StreamKind, string]>> => ({
  PersonalDataRead: ['reads', 'derived-month'],
  ImportCompleted: ['imports', 'members'],
  BehaviourRecorded: ['behaviour', `derived-${index}`],
  BehavioursCountedOnly: ['night', '1998-07-01'],
  BehaviourCounted: ['statistics', '1998-07-01'],
  NightCounted: ['statistics', '1998-07-01'],
  BehaviourDayAnonymised: ['retention', '1998'],
  ReadRecordEnded: ['retention', '1998'],
  RetentionSwept: ['retention', '1998'],
});

const streamOf = (tenant: string, { type, data }: DomainEvent, index: number): string => {
  const { memberId, identityId, activityId } = data as Readonly<
    Partial<Record<'memberId' | 'identityId' | 'activityId', string>>
  >;
  const named = (kind: StreamKind, name: string): string => streamId(tenant, kind, name);
  if (memberId) return named('member', memberId);
  if (identityId) return named('identity', identityId);
  if (activityId) return named('activity', activityId);
  const unnamed = unnamedStreams(index)[type];
  if (unnamed) return named(...unnamed);
  return tenant === 'system' ? named('custody', 'keys') : named('access', '1998-07');
};

const storedData = (event: DomainEvent): RecordedEvent['data'] =>
  sealFields(catalogue.newest(event.type), event, (_category, _label, value) => ({
    sealed: sealedAs(value),
  }));

const FIRST_MINUTE = Date.parse(instantOf('1998-07-01T09:00+08:00'));

/** The log that these lines make: positions 1, 2, 3 ..., revisions per stream, data checked against the catalogue. */
export const recordedLog = (lines: readonly LogLine[]): readonly RecordedEvent[] => {
  const next = new Map<string, bigint>();
  return lines.map((line, index) => {
    const { tenant = 'car-club', actor } = line;
    const stream = line.stream ?? streamOf(tenant, line, index);
    const revision = next.get(stream) ?? 0n;
    next.set(stream, revision + 1n);
    const context = commandContext();
    const recordedAt: Instant = line.recordedAt
      ? instantOf(line.recordedAt)
      : new Date(FIRST_MINUTE + index * 60_000).toISOString();
    return {
      id: id(0x1000 + index),
      type: line.type,
      schemaVersion: catalogue.newest(line.type).version,
      data: storedData(line),
      metadata: {
        tenant,
        actor: actor ?? context.actor,
        processing: context.processing,
        occurredAt: recordedAt,
        policy: 'car-club@1',
      },
      stream,
      revision,
      position: BigInt(index + 1),
      recordedAt,
    };
  });
};

/** Appends these lines to a real store, one by one, each at the end of its stream. */
export const appendLines = async (
  store: Pick<EventStore, 'append'>,
  ...lines: readonly LogLine[]
): Promise<readonly AppendResult[]> => {
  const results: AppendResult[] = [];
  for (const { stream, recordedAt, type, schemaVersion, data, metadata } of recordedLog(lines)) {
    const event = { id: randomUUID(), type, schemaVersion, data, metadata };
    results.push(await store.append({ stream, expected: 'any', events: [event], now: recordedAt }));
  }
  return results;
};

type Rows = readonly Readonly<Record<string, unknown>>[];

export interface ProjectionOutcome {
  /** All rows of the view in the order of their key, each with at least these cells. */
  then(rows: Rows): void;
  thenNothing(): void;
  /** The event could not be applied: its stream waits. */
  thenParked(reason: string): void;
}

type Delivery = Readonly<{ numberOfTimes?: number }>;

export interface ProjectionSpec {
  readonly given: (...history: readonly LogLine[]) => Readonly<{
    when: (line: LogLine, delivery?: Delivery) => ProjectionOutcome;
  }>;
}

const outcome = (rows: readonly Row[], parked: ReadonlyMap<string, string>): ProjectionOutcome => ({
  then: (expected) => {
    expect([...parked.values()]).toEqual([]);
    expect(rows).toEqual(expected.map((row): unknown => expect.objectContaining(row)));
  },
  thenNothing: () => {
    expect([...parked.values()]).toEqual([]);
    expect(rows).toEqual([]);
  },
  thenParked: (reason) => expect([...parked.values()]).toEqual([reason]),
});

const byKey =
  (key: readonly string[]) =>
  (a: Row, b: Row): number => {
    const column = key.find((name) => a[name] !== b[name]);
    return column === undefined ? 0 : (a[column] ?? '') < (b[column] ?? '') ? -1 : 1;
  };

/** Given / when / then for a projection: the engine itself, over rows in memory. A redelivery comes at the same position. */
export const projectionSpec = (projection: Projection): ProjectionSpec => ({
  given: (...history) => ({
    when: (line, { numberOfTimes = 1 } = {}) => {
      const read = eventReader(catalogue);
      const events = recordedLog([...history, line]).map(read);
      const last = events.slice(-1);
      const rows = workingSet();
      const parked = new Map<string, string>();
      let progress: ViewProgress = { projection, position: 0n, parked: new Set() };
      for (const run of [events, ...Array.from({ length: numberOfTimes - 1 }, () => last)]) {
        const plan = planView(progress, run);
        foldPlan(plan, rows);
        for (const { stream, reason } of plan.parking.values()) parked.set(stream, reason);
        progress = { ...progress, position: BigInt(events.length) };
      }
      const all = projection.tables.flatMap((table) =>
        [...rowsOf(rows, table)].sort(byKey(table.key)).map((row): Row => row),
      );
      return outcome(all, parked);
    },
  }),
});

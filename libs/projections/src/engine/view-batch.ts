import { hasCode } from '@lacuna/domain/kernel';
import { troubleCode } from '@lacuna/runtime';
import type { LoggedEvent, Projection } from './projection.js';
import type { Operation } from './operation.js';
import { applyOperations, type WorkingSet } from './working-set.js';

/** How far a view has come, and which streams wait because an event of theirs could not be applied. */
export type ViewProgress = Readonly<{
  projection: Projection;
  position: bigint;
  parked: ReadonlySet<string>;
}>;

/** A stream that stopped at an event; what follows in it waits, in order. `events`: how many wait. */
export type ParkedStream = Readonly<{
  stream: string;
  fromRevision: bigint;
  fromPosition: bigint;
  reason: string;
  events: number;
}>;

type Step = Readonly<{ event: LoggedEvent; operations: readonly Operation[] }>;

/** What a run of events asks of one view, before any row is looked at. */
export type ViewPlan = Readonly<{
  progress: ViewProgress;
  steps: readonly Step[];
  /** Streams that stopped in this run, or had before and got more events to wait for. */
  parking: Map<string, ParkedStream>;
  /** The run ends before an event the view does not know; `null`: it does not. */
  failed: Readonly<{ reason: string; before: LoggedEvent }> | null;
}>;

const park = (parking: Map<string, ParkedStream>, event: LoggedEvent, reason: string): void => {
  const already = parking.get(event.stream);
  parking.set(
    event.stream,
    already
      ? { ...already, events: already.events + 1 }
      : {
          stream: event.stream,
          fromRevision: event.revision,
          fromPosition: event.position,
          reason,
          events: 1,
        },
  );
};

const WAITING = 'WAITING';

/** Asks the view what each event does. An event at or before the view's position has been applied already. */
export const planView = (progress: ViewProgress, events: readonly LoggedEvent[]): ViewPlan => {
  const steps: Step[] = [];
  const parking = new Map<string, ParkedStream>();
  for (const event of events) {
    if (event.position <= progress.position) continue;
    if (progress.parked.has(event.stream) || parking.has(event.stream)) {
      park(parking, event, WAITING);
      continue;
    }
    try {
      const operations = progress.projection.operations(event);
      if (operations.length > 0) steps.push({ event, operations });
    } catch (error) {
      if (hasCode(error, 'EVENT_UNKNOWN'))
        return { progress, steps, parking, failed: { reason: `EVENT_UNKNOWN ${event.type}`, before: event } };
      park(parking, event, troubleCode(error));
    }
  }
  return { progress, steps, parking, failed: null };
};

/** Folds a plan into the rows in memory; an event that does not fit parks its stream, the others go on. */
export const foldPlan = ({ steps, parking }: ViewPlan, rows: WorkingSet): void => {
  const stopped = new Set<string>();
  for (const { event, operations } of steps) {
    if (stopped.has(event.stream)) {
      park(parking, event, WAITING);
      continue;
    }
    try {
      applyOperations(rows, operations, event.position);
    } catch (error) {
      stopped.add(event.stream);
      // What the plan already let wait in this stream came later: this event is the first.
      const waiting = parking.get(event.stream);
      parking.delete(event.stream);
      park(parking, event, troubleCode(error));
      for (let n = 0; n < (waiting?.events ?? 0); n++) park(parking, event, WAITING);
    }
  }
};

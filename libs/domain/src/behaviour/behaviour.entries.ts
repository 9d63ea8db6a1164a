import type { LocalDate } from '../kernel/index.js';
import type { BehaviourBody, BehaviourDetails, OccurredAt } from './behaviour.body.js';

/** One behaviour as it stands after its corrections. `behaviourId`: its handle, `<day>.<uuid>`. */
export type BehaviourEntry = Readonly<{
  behaviourId: string;
  day: LocalDate;
  kind: string;
  occurred: OccurredAt;
  details: BehaviourDetails;
  corrected: boolean;
}>;

/** One opened event of a person's day, and the handle that its event id gives. */
export type OpenedBehaviour = Readonly<{ behaviourId: string; body: BehaviourBody }>;

const HANDLE = /^(\d{4}-\d{2}-\d{2})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The handle that callers get: it names the day, and leads to nothing without the keys of that person and day. */
export const behaviourHandle = (day: LocalDate, uuid: string): string => `${day}.${uuid}`;

/** The day of a handle; null: this is none. */
export const dayOfHandle = (behaviourId: string): LocalDate | null => HANDLE.exec(behaviourId)?.[1] ?? null;

/** A person's day from its events in the order of their ordinals: what was done, each with its last correction. */
export const dayEntries = (opened: readonly OpenedBehaviour[]): readonly BehaviourEntry[] => {
  const entries = new Map<string, BehaviourEntry>();
  for (const { behaviourId, body } of opened) {
    const day = dayOfHandle(behaviourId);
    if (day === null) continue;
    if (body.what === 'recorded') {
      const { kind, occurred, details } = body;
      entries.set(behaviourId, { behaviourId, day, kind, occurred, details, corrected: false });
      continue;
    }
    const entry = entries.get(body.of);
    if (entry !== undefined) entries.set(body.of, { ...entry, details: body.details, corrected: true });
  }
  return [...entries.values()];
};

export const entryOf = (
  entries: readonly BehaviourEntry[],
  behaviourId: string,
): BehaviourEntry | undefined => entries.find((entry) => entry.behaviourId === behaviourId);

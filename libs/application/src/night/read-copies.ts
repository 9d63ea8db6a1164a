import { readEvent } from '@lacuna/domain/catalogue';
import type { NightCopy, VoidCopy } from '@lacuna/domain/behaviour';
import { LacunaError, type Sealed } from '@lacuna/domain/kernel';
import type { ClosedNight } from '@lacuna/custody';
import type { EventStore, RecordedEvent } from '@lacuna/event-store';

const unreadable = (what: string): LacunaError =>
  new LacunaError(
    'NIGHT_COPY_UNREADABLE',
    `a copy of the night ${what}: it must not be left out of the totals`,
  );

/** A copy that does not open is no copy of nothing: leaving it out would make the totals wrong for ever, unseen. */
const opened = (night: ClosedNight, field: string, eventId: string, sealed: Sealed): unknown => {
  const text = night.open(field, eventId, sealed);
  if (text === null) throw unreadable('does not open under its key');
  try {
    return JSON.parse(text);
  } catch {
    // The cause is left out: a parser's message quotes what it read.
    throw unreadable('is no JSON text');
  }
};

const isVoid = (copy: NightCopy | VoidCopy): copy is VoidCopy => 'void' in copy;

/** What one event adds: one copy with a live behaviour, a list of those that are counted only. */
const copiesOf = (night: ClosedNight, recorded: RecordedEvent): readonly NightCopy[] => {
  const event = readEvent(recorded);
  if (event.type === 'BehaviourRecorded' && event.data.night === night.night) {
    // Written under the night's key by the recorder alone, which is why its form is taken as it is.
    const copy = opened(night, 'copy', recorded.id, event.data.copy) as NightCopy | VoidCopy;
    return isVoid(copy) ? [] : [copy];
  }
  if (event.type === 'BehavioursCountedOnly' && event.data.night === night.night)
    return opened(night, 'copies', recorded.id, event.data.copies) as readonly NightCopy[];
  return [];
};

const isCounted = ({ type }: RecordedEvent): boolean =>
  type === 'BehaviourRecorded' || type === 'BehavioursCountedOnly';

/**
 * The copies of one night, in runs, never all of them at once: they stand in the log after the night's own place, the
 * live ones with their behaviours, the others in the night's stream. Throws `NIGHT_COPY_UNREADABLE`.
 */
export async function* readCopies(
  store: EventStore,
  tenant: string,
  night: ClosedNight,
): AsyncGenerator<readonly NightCopy[]> {
  for await (const { events } of store.readAll(night.from))
    for (const recorded of events)
      if (isCounted(recorded) && recorded.metadata.tenant === tenant) yield copiesOf(night, recorded);
}

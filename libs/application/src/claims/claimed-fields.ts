import type { RecordedEvent } from '@lacuna/event-store';

const changesOf = (data: Readonly<Record<string, unknown>>): object =>
  typeof data['changes'] === 'object' && data['changes'] !== null ? data['changes'] : {};

const setters: Readonly<Record<string, (data: Readonly<Record<string, unknown>>, kind: string) => boolean>> =
  {
    MemberRegistered: (data, kind) => Object.hasOwn(data, kind),
    InfoCorrected: (data, kind) => Object.hasOwn(changesOf(data), kind),
    RealNameVerified: (data, kind) => Object.hasOwn(data, kind),
  };

/** An event whose claims are settled by this table: a claim's kind is the name of the field it is about. */
const sets = ({ type, data }: RecordedEvent, kind: string): boolean => setters[type]?.(data, kind) ?? false;

/**
 * A claim holds as long as the event it was made for is the last one that set the field: this is what decides
 * about a claim that was left open, whoever asks and whenever.
 */
export const holds = (
  events: readonly RecordedEvent[],
  claim: Readonly<{ kind: string; eventId: string }>,
): boolean => events.findLast((event) => sets(event, claim.kind))?.id === claim.eventId;

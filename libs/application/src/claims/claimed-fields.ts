import type { RecordedEvent } from '@lacuna/event-store';

const within = (
  data: Readonly<Record<string, unknown>>,
  field: string,
): Readonly<Record<string, unknown>> => {
  const inner = data[field];
  return typeof inner === 'object' && inner !== null ? { ...inner } : {};
};

/** The events that give a claimed field its value, and where it stands in them. A claim's kind is its field's name. */
const places: Readonly<
  Record<string, (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>>
> = {
  MemberRegistered: (data) => data,
  InfoCorrected: (data) => within(data, 'changes'),
  RealNameVerified: (data) => data,
  ParticipantSignedUp: ({ participantId }) => ({ participant: participantId }),
};

/** Kinds whose value is new with every event: no later event of the stream takes it over. */
const ofOneEvent: readonly string[] = ['participant'];

/** The value that an event gives a field, sealed as it stands; undefined: it gives it none. */
export const valueOf = ({ type, data }: Pick<RecordedEvent, 'type' | 'data'>, kind: string): unknown =>
  places[type]?.(data)[kind];

/**
 * A claim holds as long as the event it was made for is the last one that set the field: this is what decides
 * about a claim that was left open, whoever asks and whenever.
 */
export const holds = (
  events: readonly RecordedEvent[],
  { kind, eventId }: Readonly<{ kind: string; eventId: string }>,
): boolean => {
  const setting = events.filter((event) => valueOf(event, kind) !== undefined);
  return ofOneEvent.includes(kind)
    ? setting.some(({ id }) => id === eventId)
    : setting.at(-1)?.id === eventId;
};

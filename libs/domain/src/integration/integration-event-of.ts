import { catalogue, type Catalogue } from '../catalogue/index.js';
import { LacunaError, parseStreamId, type Instant } from '../kernel/index.js';
import type { IntegrationEvent, RecordedForm } from './integration-event.js';
import { contextRules, publications, type Publication } from './publications.js';

type Published = Exclude<Publication, { as: 'private' }>;
type Data = Readonly<Record<string, unknown>>;

/** The mapping from the log to what is published: a pure function of each event alone. */
export type IntegrationMapping = (recorded: RecordedForm) => IntegrationEvent | null;

const misplaced = (type: string): LacunaError =>
  new LacunaError('EVENT_MISPLACED', `${type} stands in a stream of another kind`);

/** Never in another kind of stream: its id would be published as a key. */
const keyOf = ({ context }: Published, { id, stream, type }: RecordedForm): string => {
  const rule = contextRules[context];
  const name = parseStreamId(stream);
  if (name?.kind !== rule.kind) throw misplaced(type);
  switch (rule.key) {
    case 'event':
      return id;
    case 'id':
      return name.id;
    case 'tenant-and-id':
      return `${name.tenant}.${name.id}`;
  }
};

const SEQUENCE_DIGITS = 20;

const sequenceOf = ({ as, step }: Published, { revision }: RecordedForm): string | null =>
  as === 'reference' ? null : String(step ?? revision).padStart(SEQUENCE_DIGITS, '0');

const startOf = (day: string): Instant => `${day}T00:00:00.000Z`;

const EASTMOST_MS = 13 * 3_600_000;

/**
 * The day that a local midnight begins, of which alone the times of behaviour are made. East of Greenwich that midnight
 * is on the day before in UTC, west of it on the day itself: whatever the zone from UTC-10 to UTC+13, thirteen hours
 * later it is this very day.
 */
const dayBegunAt = (midnight: Instant): string =>
  new Date(Date.parse(midnight) + EASTMOST_MS).toISOString().slice(0, 10);

const timesOf = (
  { as }: Published,
  { metadata }: RecordedForm,
  data: Data,
): Pick<IntegrationEvent, 'time' | 'stamp'> => {
  const { occurredAt } = metadata;
  if (as !== 'reference') return { time: occurredAt, stamp: occurredAt };
  return { time: startOf(String(data['day'])), stamp: startOf(dayBegunAt(occurredAt)) };
};

/** Not of what stands alone: a trace would tie it to whatever else it names. */
const traceOf = (
  { as }: Published,
  { metadata: { trace } }: RecordedForm,
): Pick<IntegrationEvent, 'trace'> => (as === 'reference' || trace === undefined ? {} : { trace });

const pick = (data: Data, fields: readonly string[]): Data =>
  Object.fromEntries(
    fields.filter((field) => data[field] !== undefined).map((field) => [field, data[field]]),
  );

/** The mapping of a catalogue, by a list that names each of its types: `EVENT_UNPUBLISHED` for one it does not name. */
export const integrationMapping =
  (events: Catalogue, list: Readonly<Record<string, Publication>>): IntegrationMapping =>
  (recorded) => {
    const publication = Object.hasOwn(list, recorded.type) ? list[recorded.type] : undefined;
    if (publication === undefined)
      throw new LacunaError('EVENT_UNPUBLISHED', `nobody said whether ${recorded.type} may be published`);
    if (publication.as === 'private') return null;
    const { context } = publication;
    const data = events.upcast(recorded).data as Data;
    return {
      id: recorded.id,
      tenant: recorded.metadata.tenant,
      context,
      type: recorded.type,
      version: events.newest(recorded.type).version,
      key: keyOf(publication, recorded),
      sequence: sequenceOf(publication, recorded),
      ...timesOf(publication, recorded, data),
      data: publication.as === 'tombstone' ? null : pick(data, publication.fields),
      classification: contextRules[context].classification,
      ...traceOf(publication, recorded),
    };
  };

/**
 * What others may know of a recorded event; `null`: nothing. The same event gives the same record for ever, whatever
 * engine holds it and whatever was destroyed since. Throws `EVENT_UNKNOWN` for what the catalogue does not know,
 * so that nothing is skipped in silence.
 */
export const integrationEventOf = integrationMapping(catalogue, publications);

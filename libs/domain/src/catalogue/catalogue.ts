import { LacunaError, type DomainEvent, type EventDeclaration } from '../kernel/index.js';
import { checkCatalogue } from './check-catalogue.js';

/** The stored form of an event, as far as the catalogue looks at it: what the event store's recorded event has. */
export type StoredForm = Readonly<{
  type: string;
  schemaVersion: number;
  data: Readonly<Record<string, unknown>>;
}>;

export interface Catalogue {
  readonly entries: readonly EventDeclaration[];
  /** What the log may hold under this name and version; `EVENT_UNKNOWN` for anything else, so that nothing is skipped in silence. */
  entry(type: string, version: number): EventDeclaration;
  /** The version that is written now. */
  newest(type: string): EventDeclaration;
  /** The newest shape of a stored event, sealed values in their place and still sealed. */
  upcast(stored: StoredForm): DomainEvent;
}

const unknown = (type: string, version?: number): LacunaError =>
  new LacunaError(
    'EVENT_UNKNOWN',
    `the catalogue has no ${type}${version === undefined ? '' : ` version ${version}`}`,
  );

/** Checks the declarations and makes them readable; `CATALOGUE_INVALID` names every fault. */
export const makeCatalogue = (entries: readonly EventDeclaration[]): Catalogue => {
  const faults = checkCatalogue(entries);
  if (faults.length > 0) throw new LacunaError('CATALOGUE_INVALID', faults.join('; '));

  const versions = new Map<string, EventDeclaration[]>();
  for (const entry of [...entries].sort((a, b) => a.version - b.version))
    versions.set(entry.type, [...(versions.get(entry.type) ?? []), entry]);

  const of = (type: string, version?: number): EventDeclaration => {
    const chain = versions.get(type);
    const found = version === undefined ? chain?.at(-1) : chain?.[version - 1];
    if (!found) throw unknown(type, version);
    return found;
  };

  return {
    entries,
    entry: of,
    newest: (type) => of(type),
    upcast: ({ type, schemaVersion, data }) => {
      let step = of(type, schemaVersion);
      let shape = data;
      while (step.upcast) {
        shape = step.upcast(shape);
        step = of(type, step.version + 1);
      }
      return { type, data: shape };
    },
  };
};

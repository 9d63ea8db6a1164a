import {
  LacunaError,
  mismatch,
  type DomainEvent,
  type EventDeclaration,
  type Sealed,
} from '../kernel/index.js';

type Data = Readonly<Record<string, unknown>>;

/** A personal value of an event, and the label it is sealed under: its field's own name, wherever it stands. */
export type PersonalValue = Readonly<{ label: string; category: string; value: unknown }>;

/** Whose data a decided event holds, as it names them before sealing; `null`: nobody's, or not known. */
export const subjectOf = (entry: EventDeclaration, event: DomainEvent): string | null => {
  const data = event.data as Data;
  const subject = entry.subject === null ? undefined : data[entry.subject];
  return typeof subject === 'string' ? subject : null;
};

const isRecord = (value: unknown): value is Data => typeof value === 'object' && value !== null;

/** The personal values of an event, decided or stored, in the order of the declaration. */
export const personalFieldsOf = (entry: EventDeclaration, event: DomainEvent): readonly PersonalValue[] => {
  const data = event.data as Data;
  return Object.entries(entry.fields).flatMap(([name, field]): readonly PersonalValue[] => {
    const value = data[name];
    if (field.kind === 'open' || value === undefined) return [];
    if (field.kind === 'personal') return [{ label: name, category: field.category, value }];
    return Object.entries(isRecord(value) ? value : {}).map(([label, inner]) => ({
      label,
      category: field.category,
      value: inner,
    }));
  });
};

/** The categories a subject's writer must have keys of before this event can be sealed. */
export const categoriesOf = (entry: EventDeclaration): readonly string[] => [
  ...new Set(Object.values(entry.fields).flatMap((field) => (field.kind === 'open' ? [] : [field.category]))),
];

export type Seal = (category: string, label: string, plaintext: string) => Sealed;

const sealText = (seal: Seal, category: string, label: string, value: unknown): Sealed => {
  if (typeof value !== 'string')
    throw new LacunaError('EVENT_MALFORMED', `${label} is no text, it cannot be sealed`);
  return seal(category, label, value);
};

/**
 * The stored form of a decided event: every personal value sealed, the rest as it is. Throws `EVENT_MALFORMED`
 * for data that do not fit the declaration: what reaches the log has been checked against its contract.
 */
export const sealFields = (entry: EventDeclaration, event: DomainEvent, seal: Seal): Data => {
  const sealed = Object.entries(event.data as Data).map(([name, value]): [string, unknown] => {
    const field = Object.hasOwn(entry.fields, name) ? entry.fields[name] : undefined;
    if (value === undefined || !field || field.kind === 'open') return [name, value];
    if (field.kind === 'personal') return [name, sealText(seal, field.category, name, value)];
    const inner = Object.entries(isRecord(value) ? value : {});
    return [
      name,
      Object.fromEntries(inner.map(([label, one]) => [label, sealText(seal, field.category, label, one)])),
    ];
  });
  const data = Object.fromEntries(sealed.filter(([, value]) => value !== undefined));
  assertStored(entry, data);
  return data;
};

/** Throws `EVENT_MALFORMED` where stored data depart from their contract: names the place and the keyword, never a value. */
export const assertStored = (entry: EventDeclaration, data: Data): void => {
  const found = mismatch(entry.schema, data);
  if (found)
    throw new LacunaError(
      'EVENT_MALFORMED',
      `${entry.type} version ${entry.version}: ${found.keyword} at ${found.path}`,
    );
};

import { COMMANDS, METHODS, QUERIES, REACTIONS, listed, type Vocabulary } from './vocabulary.js';

/** The steps that a trace is made of. */
export const SPANS = ['call', 'command', 'query', 'append', 'project', 'react', 'relay'] as const;

export type SpanName = (typeof SPANS)[number];

/** What a span may say beside its name, and in which words: nothing that is counted up, no id, no place, no text. */
const ATTRIBUTES = {
  'lacuna.method': METHODS,
  'lacuna.command': COMMANDS,
  'lacuna.query': QUERIES,
  'lacuna.reaction': REACTIONS,
  'lacuna.append': ['appended', 'known', 'conflict'],
  'lacuna.code': 'codes',
} as const satisfies Record<string, readonly string[] | 'codes'>;

export type AttributeName = keyof typeof ATTRIBUTES;
export type SpanAttributes = Readonly<Partial<Record<AttributeName, string>>>;

export const ATTRIBUTE_NAMES = Object.keys(ATTRIBUTES) as readonly AttributeName[];

const isAttribute = (name: string): name is AttributeName => Object.hasOwn(ATTRIBUTES, name);

/** The last gate of a span: names that are not declared go, values that are not listed become `other`. */
export const admitted = (attributes: SpanAttributes, { codes }: Vocabulary): Record<string, string> => {
  const said: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (!isAttribute(name)) continue;
    const values = ATTRIBUTES[name];
    said[name] = listed(values === 'codes' ? ['OK', 'INTERNAL', ...codes] : values, value);
  }
  return said;
};

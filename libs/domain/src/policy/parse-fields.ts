import type { PackCursor } from './pack-cursor.js';
import type { Category, Field, Purpose } from './pack.js';
import { FIELD_ACTIONS, MASKS } from './vocabulary.js';

type Known = Readonly<{
  categories: ReadonlyMap<string, Category>;
  purposes: ReadonlyMap<string, Purpose>;
  levels: readonly string[];
}>;

const KEYS = [
  ...['title', 'in', 'for', 'level?', 'mask?', 'required?', 'unique?', 'only?', 'chosen?', 'cite'],
] as const;

/** Every field cites at least one purpose (R005); category, level, purposes and action must be known. */
export const parseFields = (root: PackCursor, known: Known): ReadonlyMap<string, Field> => {
  const defaults = root.child('defaults').keys('level', 'chosen?', 'cite');
  const level = defaults.child('level').oneOf(known.levels, 'level');
  return root.child('fields').named((cursor, name): Field => {
    cursor.keys(...KEYS);
    if (known.categories.has(name)) cursor.fail('has the name of a category');
    const title = cursor.child('title').keys('zh', 'en');
    return {
      title: { zh: title.child('zh').text(), en: title.child('en').text() },
      category: cursor.child('in').oneOf([...known.categories.keys()], 'category'),
      purposes: cursor.child('for').someOf([...known.purposes.keys()], 'purpose'),
      level: cursor.has('level') ? cursor.child('level').oneOf(known.levels, 'level') : level,
      mask: cursor.has('mask') ? cursor.child('mask').oneOf(MASKS, 'mask') : 'clear',
      required: cursor.child('required').flag(),
      unique: cursor.child('unique').flag(),
      only: cursor.has('only') ? cursor.child('only').oneOf(FIELD_ACTIONS, 'action') : null,
      cite: cursor.child('cite').citation(),
    };
  });
};

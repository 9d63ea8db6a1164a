import type { PackCursor } from './pack-cursor.js';
import type { Category, Field, FormItem, Purpose } from './pack.js';
import { FIELD_ACTIONS, FORM_TYPES, MASKS } from './vocabulary.js';

type Known = Readonly<{
  categories: ReadonlyMap<string, Category>;
  purposes: ReadonlyMap<string, Purpose>;
  levels: readonly string[];
}>;

const KEYS = [
  ...['title', 'in', 'for', 'level?', 'mask?', 'required?', 'unique?', 'only?', 'form?', 'chosen?', 'cite'],
] as const;

const formItem = (cursor: PackCursor): FormItem => {
  cursor.keys('title', 'type', 'required?');
  const title = cursor.child('title').keys('zh', 'en');
  return {
    title: { zh: title.child('zh').text(), en: title.child('en').text() },
    type: cursor.child('type').oneOf(FORM_TYPES, 'type'),
    required: cursor.child('required').flag(),
  };
};

/** One units and one amount at most: they are what statistics add up. */
const form = (cursor: PackCursor): ReadonlyMap<string, FormItem> => {
  const items = cursor.named(formItem);
  for (const type of ['units', 'amount'])
    if ([...items.values()].filter((item) => item.type === type).length > 1)
      cursor.fail(`has two items of type ${type}`);
  return items;
};

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
      form: cursor.has('form') ? form(cursor.child('form')) : null,
      cite: cursor.child('cite').citation(),
    };
  });
};

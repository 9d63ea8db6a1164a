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

/** Categories whose data are recorded by forms: what somebody does on a day, what they say with a sign-up. */
const hasForms = ({ retention }: Category): boolean =>
  retention.kind === 'clock' && (retention.from === 'day' || retention.from === 'ActivityEnded');

/** A field with a form is a kind of what is recorded: it has no value of its own to mask, to require or to compare. */
const checkForm = (cursor: PackCursor, category: Category | undefined): void => {
  const recorded = category !== undefined && hasForms(category);
  if (recorded && !cursor.has('form')) cursor.fail('must have a form: its category is recorded by forms');
  if (!cursor.has('form')) return;
  if (!recorded) cursor.child('form').fail('has no place in a category that is not recorded by forms');
  for (const key of ['mask', 'required', 'unique'])
    if (cursor.has(key)) cursor.child(key).fail('has no place beside a form');
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
    const category = cursor.child('in').oneOf([...known.categories.keys()], 'category');
    checkForm(cursor, known.categories.get(category));
    return {
      title: { zh: title.child('zh').text(), en: title.child('en').text() },
      category,
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

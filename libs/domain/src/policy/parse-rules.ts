import type { PackCursor } from './pack-cursor.js';
import type { Box, Field, Purpose, Role, Rule } from './pack.js';
import {
  ACTIONS,
  FACTS,
  FACT_NAMES,
  FIELD_ACTIONS,
  FORM_ACTIONS,
  MASKS,
  NO_FIELD,
  NO_PURPOSE,
  type Action,
  type Facts,
  type FieldAction,
  type Mask,
} from './vocabulary.js';

type Known = Readonly<{
  fields: ReadonlyMap<string, Field>;
  purposes: ReadonlyMap<string, Purpose>;
  roles: ReadonlyMap<string, Role>;
}>;

const isFieldAction = (action: Action): action is FieldAction =>
  FIELD_ACTIONS.some((candidate) => candidate === action);

/** By which something comes in, a value or by a form. */
const COLLECTING: readonly Action[] = FIELD_ACTIONS.filter((action) => action !== 'read');

const isFormAction = (action: Action): boolean => FORM_ACTIONS.some((candidate) => candidate === action);

const condition = (cursor: PackCursor): Facts => {
  if (!cursor.has('when')) return {};
  const when = cursor.child('when').keys(...FACT_NAMES.map((name) => `${name}?`));
  const asked = FACT_NAMES.filter((name) => when.has(name));
  if (asked.length === 0) when.fail('must not be empty');
  return Object.fromEntries(
    asked.map((name) => [name, when.child(name).oneOf(FACTS[name], `value of ${name}`)]),
  );
};

/** Names of fields and of categories, which stand for their fields; what is named itself is told apart. */
const fieldNames = (cursor: PackCursor, fields: Known['fields']) => {
  const categories = [...new Set([...fields.values()].map((field) => field.category))];
  const words = cursor.someOf([...fields.keys(), ...categories], 'field or category');
  const inside = [...fields].filter(([, field]) => words.includes(field.category)).map(([name]) => name);
  const named = words.filter((word) => fields.has(word));
  return { all: [...new Set([...named, ...inside])], named };
};

const actionsOf = (cursor: PackCursor): readonly Action[] => {
  const actions = cursor.child('do').someOf(ACTIONS, 'action');
  if (actions.some(isFieldAction) && !actions.every(isFieldAction))
    cursor.child('do').fail('mixes actions on fields with others');
  return actions;
};

const allowedPurposes = (cursor: PackCursor, known: Known): readonly string[] =>
  cursor.child('for').someOf([...known.purposes.keys()], 'purpose');

/** One box for each purpose, since a field is there only for its own purposes (R055). */
const fieldBoxes = (
  cursor: PackCursor,
  known: Known,
  base: Pick<Box, 'roles' | 'actions' | 'when'>,
): Box[] => {
  const { all, named } = fieldNames(cursor.child('fields'), known.fields);
  return allowedPurposes(cursor, known).map((purpose) => {
    const serves = (name: string): boolean => known.fields.get(name)?.purposes.includes(purpose) ?? false;
    for (const name of named.filter((field) => !serves(field)))
      cursor.child('fields').fail(`field "${name}" is not there for purpose "${purpose}"`);
    const fields = all.filter(serves);
    if (fields.length === 0) cursor.child('for').fail(`no field here is there for purpose "${purpose}"`);
    return { ...base, purposes: [purpose], fields };
  });
};

/** A kind is recorded and a value comes in: a rule that says the other is one that nobody could use. */
const refuseOtherForms = (cursor: PackCursor, boxes: readonly Box[], known: Known): void => {
  for (const box of boxes)
    for (const name of box.fields) {
      const isKind = (known.fields.get(name)?.form ?? null) !== null;
      const other = box.actions.find(
        (action) => COLLECTING.includes(action) && isFormAction(action) !== isKind,
      );
      if (other !== undefined)
        cursor.fail(`field "${name}" has ${isKind ? 'a' : 'no'} form and cannot come in by ${other}`);
    }
};

const refuseOtherWays = (cursor: PackCursor, boxes: readonly Box[], known: Known): void => {
  for (const box of boxes)
    for (const name of box.fields) {
      const only = known.fields.get(name)?.only ?? null;
      const other = box.actions.find((action) => action !== 'read' && only !== null && action !== only);
      if (other !== undefined)
        cursor.fail(`field "${name}" comes in only by ${String(only)}, not by ${other}`);
    }
};

const plainBox = (cursor: PackCursor, known: Known, base: Pick<Box, 'roles' | 'actions' | 'when'>): Box => {
  for (const key of ['fields', 'for', 'masks'])
    if (cursor.has(key)) cursor.child(key).fail('has no place beside an action without fields');
  const usable = [...known.purposes].filter(([, purpose]) => purpose.basis !== 'never').map(([name]) => name);
  return { ...base, purposes: [NO_PURPOSE, ...usable], fields: [NO_FIELD] };
};

const masksOf = (cursor: PackCursor, boxes: readonly Box[], known: Known): ReadonlyMap<string, Mask> => {
  if (!cursor.has('masks')) return new Map();
  const cursorOfMasks = cursor.child('masks');
  const masks = cursorOfMasks.named((entry) => entry.oneOf(MASKS, 'mask'));
  const shown = boxes.flatMap((box) => (box.actions.includes('read') ? box.fields : []));
  for (const name of masks.keys()) {
    if (!shown.includes(name)) cursorOfMasks.fail(`the rule shows no field "${name}"`);
    if (known.fields.get(name)?.form)
      cursorOfMasks.fail(`"${name}" has a form: it is shown whole or not at all`);
  }
  return masks;
};

const allowRule = (cursor: PackCursor, role: string, known: Known): Rule => {
  cursor.keys('do', 'fields?', 'for?', 'when?', 'masks?', 'chosen?', 'cite');
  const actions = actionsOf(cursor);
  const base = { roles: [role], actions, when: condition(cursor) };
  const boxes = actions.some(isFieldAction)
    ? fieldBoxes(cursor, known, base)
    : [plainBox(cursor, known, base)];
  refuseOtherWays(cursor, boxes, known);
  if (actions.some(isFieldAction)) refuseOtherForms(cursor, boxes, known);
  return {
    id: cursor.path,
    cite: cursor.child('cite').citation(),
    effect: 'allow',
    about: 'acting',
    boxes,
    masks: masksOf(cursor, boxes, known),
  };
};

/** A deny is as wide as it is silent: what it does not name, it does not ask about. */
const denyRule = (cursor: PackCursor, known: Known): Rule => {
  cursor.keys('person?', 'role?', 'do?', 'fields?', 'for?', 'when?', 'chosen?', 'cite');
  if (cursor.has('person') && cursor.has('role')) cursor.fail('is about a person or about an acting role');
  const roles = [...known.roles.keys()];
  const who = cursor.has('person') ? 'person' : 'role';
  const box: Box = {
    roles: cursor.has(who) ? cursor.child(who).someOf(roles, 'role') : roles,
    actions: cursor.has('do') ? cursor.child('do').someOf(ACTIONS, 'action') : ACTIONS,
    purposes: cursor.has('for') ? allowedPurposes(cursor, known) : [NO_PURPOSE, ...known.purposes.keys()],
    fields: cursor.has('fields')
      ? fieldNames(cursor.child('fields'), known.fields).all
      : [NO_FIELD, ...known.fields.keys()],
    when: condition(cursor),
  };
  return {
    id: cursor.path,
    cite: cursor.child('cite').citation(),
    effect: 'deny',
    about: who === 'person' ? 'person' : 'acting',
    boxes: [box],
    masks: new Map(),
  };
};

/** A purpose with the basis `never` is a deny of its own (R052). */
const forbiddenPurpose = (name: string, purpose: Purpose, known: Known): Rule => ({
  id: `purposes.${name}`,
  cite: purpose.cite,
  effect: 'deny',
  about: 'acting',
  boxes: [
    {
      roles: [...known.roles.keys()],
      actions: ACTIONS,
      purposes: [name],
      fields: [NO_FIELD, ...known.fields.keys()],
      when: {},
    },
  ],
  masks: new Map(),
});

/** All allows and denies of a pack, as boxes over role, action, purpose, field and facts. */
export const parseRules = (root: PackCursor, known: Known): readonly Rule[] => {
  const allows = [
    ...root.child('matrix').named((cursor, role) => {
      if (!known.roles.has(role)) cursor.fail(`unknown role "${role}"`);
      return [...cursor.named((rule) => allowRule(rule, role, known)).values()];
    }),
  ].flatMap(([, rules]) => rules);
  const denies = [
    ...root
      .child('deny')
      .named((cursor) => denyRule(cursor, known))
      .values(),
  ];
  const never = [...known.purposes].filter(([, purpose]) => purpose.basis === 'never');
  return [...allows, ...denies, ...never.map(([name, purpose]) => forbiddenPurpose(name, purpose, known))];
};

import type { Box, PolicyPack, Rule } from './pack.js';
import {
  ACTIONS,
  FACTS,
  FACT_NAMES,
  MASKS,
  NO_FIELD,
  NO_PURPOSE,
  type Action,
  type Facts,
  type Mask,
} from './vocabulary.js';

/** What all rules of a pack say about one combination of role, action, purpose, field and facts. */
export type Cell = Readonly<{ allows: readonly Rule[]; denies: readonly Rule[]; mask: Mask }>;

type Axis = ReadonlyMap<string, number>;

/** A pack laid out flat: a decision is an index and a look. Denies about a person lie in a table of their own, by role held. */
export type DecisionTable = Readonly<{
  roles: Axis;
  actions: Axis;
  purposes: Axis;
  fields: Axis;
  acting: readonly Cell[];
  person: readonly Cell[];
}>;

const EMPTY: Cell = { allows: [], denies: [], mask: 'clear' };

const axis = (names: Iterable<string>): Axis => new Map([...names].map((name, index) => [name, index]));

/** Every case of the facts, an unknown one last on each: its number, and the facts as they are known. */
export const FACT_CASES: readonly Facts[] = FACT_NAMES.reduce<readonly Facts[]>(
  (cases, name) =>
    cases.flatMap((facts) => [...FACTS[name].map((value) => ({ ...facts, [name]: value })), facts]),
  [{}],
);

/** The number of a case in `FACT_CASES`; a value outside the closed list is unknown. */
export const factCase = (facts: Facts): number => {
  let index = 0;
  for (const name of FACT_NAMES) {
    const value = facts[name];
    const values: readonly string[] = FACTS[name];
    const known = value === undefined ? -1 : values.indexOf(value);
    index = index * (values.length + 1) + (known < 0 ? values.length : known);
  }
  return index;
};

/** A fact that is unknown holds for a deny and fails for an allow. */
export const factHolds = (when: Facts, facts: Facts, unknown: boolean): boolean =>
  FACT_NAMES.every((name) => {
    if (when[name] === undefined) return true;
    return facts[name] === undefined ? unknown : facts[name] === when[name];
  });

/** The first place of a row of cells that differ in their field only; -1 where a name is not the pack's. */
export const rowAt = (
  table: DecisionTable,
  at: Readonly<{ role: string; action: Action; purpose: string; facts: number }>,
): number => {
  const role = table.roles.get(at.role);
  const action = table.actions.get(at.action);
  const purpose = table.purposes.get(at.purpose);
  if (role === undefined || action === undefined || purpose === undefined) return -1;
  const cases = FACT_CASES.length;
  return (
    (((role * table.actions.size + action) * table.purposes.size + purpose) * cases + at.facts) *
    table.fields.size
  );
};

export const cellAt = (cells: readonly Cell[], place: number): Cell => cells[place] ?? EMPTY;

/** The rows of a box: every combination of its roles, actions, purposes and the cases of the facts it holds for. */
const rowsOf = (table: DecisionTable, box: Box, unknown: boolean): readonly number[] => {
  const cases = FACT_CASES.flatMap((known, index) => (factHolds(box.when, known, unknown) ? [index] : []));
  return box.roles.flatMap((role) =>
    box.actions.flatMap((action) =>
      box.purposes.flatMap((purpose) => cases.map((facts) => rowAt(table, { role, action, purpose, facts }))),
    ),
  );
};

export const strictest = (one: Mask, other: Mask): Mask =>
  MASKS.indexOf(one) >= MASKS.indexOf(other) ? one : other;

const withRule = (cell: Cell, rule: Rule, mask: Mask): Cell => {
  if (rule.effect === 'deny') return { ...cell, denies: [...cell.denies, rule] };
  const shown = cell.allows.length === 0 ? mask : strictest(cell.mask, mask);
  return { ...cell, allows: [...cell.allows, rule], mask: shown };
};

const lay = (pack: PolicyPack, table: DecisionTable, rules: readonly Rule[]): readonly Cell[] => {
  const size =
    table.roles.size * table.actions.size * table.purposes.size * FACT_CASES.length * table.fields.size;
  const cells = new Array<Cell>(size).fill(EMPTY);
  const put = (rule: Rule, row: number, field: string): void => {
    const place = row + (table.fields.get(field) ?? 0);
    const mask = rule.masks.get(field) ?? pack.fields.get(field)?.mask ?? 'clear';
    cells[place] = withRule(cellAt(cells, place), rule, mask);
  };
  for (const rule of rules)
    for (const box of rule.boxes)
      for (const row of rowsOf(table, box, rule.effect === 'deny'))
        box.fields.forEach((field) => put(rule, row, field));
  return cells;
};

const build = (pack: PolicyPack): DecisionTable => {
  const empty: DecisionTable = {
    roles: axis(pack.roles.keys()),
    actions: axis(ACTIONS),
    purposes: axis([NO_PURPOSE, ...pack.purposes.keys()]),
    fields: axis([NO_FIELD, ...pack.fields.keys()]),
    acting: [],
    person: [],
  };
  const about = (who: Rule['about']): readonly Rule[] => pack.rules.filter((rule) => rule.about === who);
  return { ...empty, acting: lay(pack, empty, about('acting')), person: lay(pack, empty, about('person')) };
};

const tables = new WeakMap<PolicyPack, DecisionTable>();

/** The pack's table; made once, at its first decision. */
export const tableOf = (pack: PolicyPack): DecisionTable => {
  const known = tables.get(pack);
  if (known !== undefined) return known;
  const table = build(pack);
  tables.set(pack, table);
  return table;
};

import { preparsePolicySet, statefulIsAuthorized, type EntityJson } from '@cedar-policy/cedar-wasm/nodejs';
import { decide, packFrom, type AccessRequest, type Action, type PolicyPack } from '@lacuna/domain/policy';
import { carClubSource, type PackChanges } from '@lacuna/testing';
import { cedarPolicies, type RawPack, type RawRule } from './cedar-policies.js';

// Written out here, not taken from the code under test.
const ON_FIELDS = [
  ...['read', 'register', 'verify-real-name', 'request-correction', 'correct'],
  ...['record-behaviour', 'correct-behaviour', 'sign-up'],
];
const PLAIN = [
  ...['preview-erasure', 'request-erasure', 'erasure-status', 'import', 'announce-activity', 'end-activity'],
  ...['list-activities', 'report', 'audit', 'replay', 'status', 'operate', 'subscribe'],
];

type Facts = Readonly<{ subject?: 'self' | 'other'; activity?: 'own' | 'other' }>;

type Cell = Readonly<{
  role: string;
  held: readonly string[];
  action: string;
  field: string | null;
  purpose: string | null;
  facts: Facts;
}>;

/** Each fact known to be one or the other, or not known. */
const FACTS: readonly Facts[] = [{}, { subject: 'self' } as const, { subject: 'other' } as const].flatMap(
  (facts): Facts[] => [facts, { ...facts, activity: 'own' }, { ...facts, activity: 'other' }],
);

/** Every acting role with every second role held, action, field, purpose (or none) and facts (or none known). */
const cellsOf = (pack: RawPack): readonly Cell[] => {
  const roles = Object.keys(pack.roles);
  const purposes = [...Object.keys(pack.purposes), null];
  const targets = [
    ...ON_FIELDS.flatMap((action) => Object.keys(pack.fields).map((field) => ({ action, field }))),
    ...PLAIN.map((action) => ({ action, field: null })),
  ];
  const who = roles.flatMap((role) => roles.map((other) => ({ role, held: [...new Set([role, other])] })));
  const why = purposes.flatMap((purpose) => FACTS.map((facts) => ({ purpose, facts })));
  return who.flatMap((one) =>
    targets.flatMap((target) => why.map((reason) => ({ ...one, ...target, ...reason }))),
  );
};

const EVERYTHING = { type: 'Field', id: '' };

const entityOf = (pack: RawPack, cell: Cell): EntityJson => {
  const field = cell.field === null ? undefined : pack.fields[cell.field];
  return {
    uid: field === undefined ? EVERYTHING : { type: 'Field', id: cell.field ?? '' },
    attrs: { purposes: [...(field?.for ?? [])] },
    parents: field === undefined ? [] : [{ type: 'Category', id: field.in }],
  };
};

const byCedar = (policySet: string, pack: RawPack, cell: Cell): boolean => {
  const entity = entityOf(pack, cell);
  const answer = statefulIsAuthorized({
    principal: { type: 'Role', id: cell.role },
    action: { type: 'Action', id: cell.action },
    resource: cell.field === null ? EVERYTHING : { type: 'Field', id: cell.field },
    context: {
      role: cell.role,
      held: [...cell.held],
      purpose: cell.purpose ?? '',
      ...cell.facts,
    },
    preparsedPolicySetId: policySet,
    entities: [entity],
  });
  if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0)
    throw new Error(`Cedar has no answer: ${JSON.stringify(answer)}`);
  return answer.response.decision === 'allow';
};

const requestOf = (cell: Cell): AccessRequest => ({
  role: cell.role,
  rolesHeld: cell.held,
  action: cell.action as Action,
  purpose: cell.purpose,
  fields: cell.field === null ? [] : [cell.field],
  facts: cell.facts,
});

const byPack = (pack: PolicyPack, cell: Cell): boolean => decide(pack, requestOf(cell)).kind === 'allowed';

/** `asked`: the places of the cells that Cedar was asked about itself, one of each that are alike. */
type Oracle = Readonly<{
  name: string;
  raw: RawPack;
  cells: readonly Cell[];
  answers: readonly boolean[];
  asked: readonly number[];
}>;

/**
 * What Cedar can tell of a cell: of the roles held those that a deny about a person names, of the facts those that a
 * rule for this action asks for. Cells that are alike in this are asked once; a sample is asked one by one below.
 */
const askedOf = (raw: RawPack): ((cell: Cell) => Cell) => {
  const rules = [...Object.values(raw.matrix).flatMap(Object.values<RawRule>), ...Object.values(raw.deny)];
  const persons = new Set(Object.values(raw.deny).flatMap(({ person }) => person ?? []));
  const asks = (action: string, fact: string): boolean =>
    rules.some((rule) => (rule.do?.includes(action) ?? true) && rule.when?.[fact] !== undefined);
  return (cell) => ({
    ...cell,
    held: cell.held.filter((role) => persons.has(role)).sort(),
    facts: Object.fromEntries(Object.entries(cell.facts).filter(([fact]) => asks(cell.action, fact))),
  });
};

const oracle = async (name: string, changes: PackChanges = {}): Promise<Oracle> => {
  const raw = (await carClubSource(changes)) as RawPack;
  const parsed = preparsePolicySet(name, { staticPolicies: cedarPolicies(raw) });
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed.errors));
  const cells = cellsOf(raw);
  const alike = askedOf(raw);
  const known = new Map<string, boolean>();
  const asked: number[] = [];
  const answers = cells.map((cell, index) => {
    const one = alike(cell);
    const key = [one.role, one.held, one.action, one.field, one.purpose, Object.entries(one.facts)].join('|');
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = byCedar(name, raw, one);
    known.set(key, answer);
    asked.push(index);
    return answer;
  });
  return { name, raw, cells, answers, asked };
};

const differences = ({ cells, answers }: Oracle, pack: PolicyPack): readonly Cell[] =>
  cells.filter((cell, index) => byPack(pack, cell) !== answers[index]);

const differs = ({ cells, answers, asked }: Oracle, pack: PolicyPack): boolean =>
  asked.some((index) => byPack(pack, cells[index]!) !== answers[index]);

/** More of every kind of rule than the club needs: denies by role, field and fact, overlaps, fields beside categories. */
const THORNY: PackChanges = {
  'fields.joinedOn.for': ['service', 'real-name'],
  'matrix.management': {
    desk: { do: ['read'], fields: ['basic', 'idNumber'], for: ['real-name'], cite: 'R054 own' },
    own: {
      do: ['read'],
      fields: ['name', 'mobile'],
      for: ['service'],
      when: { subject: 'self' },
      cite: 'R054 own',
    },
  },
  'matrix.operator.far': { do: ['replay'], when: { subject: 'other' }, cite: 'R054 own' },
  'matrix.integrator.advert': {
    do: ['read'],
    fields: ['plate'],
    for: ['service', 'marketing'],
    cite: 'R054 own',
  },
  'fields.plate.for': ['service', 'marketing'],
  'matrix.operator.roster': {
    do: ['read'],
    fields: ['activity'],
    for: ['activity'],
    when: { activity: 'other', subject: 'other' },
    cite: 'R054 own',
  },
  'deny.foreign-roster': {
    role: ['activity-dept', 'operator'],
    do: ['read', 'end-activity'],
    when: { activity: 'other', subject: 'self' },
    cite: 'R054 own',
  },
  'deny.quiet-groups': { fields: ['group-post'], for: ['improvement'], cite: 'R054 own' },
  'deny.management-raw.when': undefined,
  'deny.management-raw.for': ['service'],
  'deny.desk-vin': { role: ['customer-service'], fields: ['vin', 'real-name'], cite: 'R054 own' },
  'deny.self-service': {
    person: ['member', 'operator'],
    do: ['correct', 'audit'],
    when: { subject: 'self' },
    cite: 'R054 own',
  },
  'deny.no-real-name-exits': { do: ['request-erasure'], for: ['real-name'], cite: 'R054 own' },
};

// 8 roles, each with each as the second one held: 64; 8 actions on 16 fields and 13 others: 141; 6 purposes or none: 7;
// 2 values of each fact or none: 9.
const CELLS = 64 * 141 * 7 * 9;

let club: Oracle;
let thorny: Oracle;
beforeAll(async () => {
  club = await oracle('car-club');
  thorny = await oracle('thorny', THORNY);
}, 240_000);

it('R048 R049 R050 R051 R052 R054 every cell of the car club is decided as Cedar decides it', () => {
  expect(club.cells).toHaveLength(CELLS);
  expect(differences(club, packFrom(club.raw))).toEqual([]);
  const allowed = club.answers.filter((answer) => answer).length;
  expect(allowed).toBeGreaterThan(5_000);
  expect(allowed).toBeLessThan(CELLS / 10);
}, 120_000);

it('R054 Cedar says of a cell what it says of all that are alike to it', () => {
  for (const { raw, cells, answers, name } of [club, thorny])
    for (let index = 17; index < cells.length; index += 251)
      expect([index, byCedar(name, raw, cells[index]!)]).toEqual([index, answers[index]]);
});

it('R054 and so is every cell of a pack with rules of every kind', () => {
  expect(thorny.cells).toHaveLength(CELLS);
  expect(differences(thorny, packFrom(thorny.raw))).toEqual([]);
  expect(thorny.answers).not.toEqual(club.answers);
}, 120_000);

it('R054 taking any one rule out of the pack shows in the walk', () => {
  const places = Object.keys(cedarPolicies(club.raw)).filter((place) => !place.startsWith('purposes.'));
  expect(places).toHaveLength(25);
  for (const place of places) {
    const less = structuredClone(club.raw) as { resolves?: unknown } & RawPack;
    const keys = place.split('.');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], less);
    Reflect.deleteProperty(parent as object, last);
    less.resolves = [];
    expect([place, differs(club, packFrom(less))]).toEqual([place, true]);
  }
}, 120_000);

it('R052 and so does a marketing purpose that is no longer forbidden, where a rule allows it', async () => {
  const open = packFrom(await carClubSource({ ...THORNY, 'purposes.marketing.basis': 'consent' }));
  const shown = differences(thorny, open);
  expect(shown.length).toBeGreaterThan(0);
  expect(new Set(shown.map((cell) => cell.purpose))).toEqual(new Set(['marketing']));
}, 120_000);

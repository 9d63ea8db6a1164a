import { preparsePolicySet, statefulIsAuthorized, type EntityJson } from '@cedar-policy/cedar-wasm/nodejs';
import { decide, packFrom, type AccessRequest, type Action, type PolicyPack } from '@lacuna/domain/policy';
import { carClubSource, type PackChanges } from '@lacuna/testing';
import { cedarPolicies, type RawPack } from './cedar-policies.js';

// Written out here, not taken from the code under test.
const ON_FIELDS = ['read', 'register', 'verify-real-name', 'request-correction', 'correct'];
const PLAIN = [
  ...[
    'preview-erasure',
    'request-erasure',
    'erasure-status',
    'import',
    'audit',
    'replay',
    'status',
    'operate',
  ],
];

type Cell = Readonly<{
  role: string;
  held: readonly string[];
  action: string;
  field: string | null;
  purpose: string | null;
  subject: 'self' | 'other' | null;
}>;

/** Every acting role with every second role held, action, field, purpose (or none) and fact (or none known). */
const cellsOf = (pack: RawPack): readonly Cell[] => {
  const roles = Object.keys(pack.roles);
  const purposes = [...Object.keys(pack.purposes), null];
  const targets = [
    ...ON_FIELDS.flatMap((action) => Object.keys(pack.fields).map((field) => ({ action, field }))),
    ...PLAIN.map((action) => ({ action, field: null })),
  ];
  const who = roles.flatMap((role) => roles.map((other) => ({ role, held: [...new Set([role, other])] })));
  const why = purposes.flatMap((purpose) =>
    (['self', 'other', null] as const).map((subject) => ({ purpose, subject })),
  );
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
      ...(cell.subject === null ? {} : { subject: cell.subject }),
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
  ...(cell.subject === null ? {} : { facts: { subject: cell.subject } }),
});

const byPack = (pack: PolicyPack, cell: Cell): boolean => decide(pack, requestOf(cell)).kind === 'allowed';

type Oracle = Readonly<{ raw: RawPack; cells: readonly Cell[]; answers: readonly boolean[] }>;

const oracle = async (name: string, changes: PackChanges = {}): Promise<Oracle> => {
  const raw = (await carClubSource(changes)) as RawPack;
  const parsed = preparsePolicySet(name, { staticPolicies: cedarPolicies(raw) });
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed.errors));
  const cells = cellsOf(raw);
  return { raw, cells, answers: cells.map((cell) => byCedar(name, raw, cell)) };
};

const differences = ({ cells, answers }: Oracle, pack: PolicyPack): readonly Cell[] =>
  cells.filter((cell, index) => byPack(pack, cell) !== answers[index]);

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

// 6 roles, each with each as the second one held: 36; 5 actions on 11 fields and 8 others: 63; 3 purposes or none: 4;
// 2 values of the fact or none: 3.
const CELLS = 36 * 63 * 4 * 3;

let club: Oracle;
let thorny: Oracle;
beforeAll(async () => {
  club = await oracle('car-club');
  thorny = await oracle('thorny', THORNY);
}, 240_000);

it('R048 R050 R051 R052 R054 every cell of the car club is decided as Cedar decides it', () => {
  expect(club.cells).toHaveLength(CELLS);
  expect(differences(club, packFrom(club.raw))).toEqual([]);
  const allowed = club.answers.filter((answer) => answer).length;
  expect(allowed).toBeGreaterThan(500);
  expect(allowed).toBeLessThan(CELLS / 10);
});

it('R054 and so is every cell of a pack with rules of every kind', () => {
  expect(thorny.cells).toHaveLength(CELLS);
  expect(differences(thorny, packFrom(thorny.raw))).toEqual([]);
  expect(thorny.answers).not.toEqual(club.answers);
});

it('R054 taking any one rule out of the pack shows in the walk', () => {
  const places = Object.keys(cedarPolicies(club.raw)).filter((place) => !place.startsWith('purposes.'));
  expect(places).toHaveLength(14);
  for (const place of places) {
    const less = structuredClone(club.raw) as { resolves?: unknown } & RawPack;
    const keys = place.split('.');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], less);
    Reflect.deleteProperty(parent as object, last);
    less.resolves = [];
    expect([place, differences(club, packFrom(less)).length > 0]).toEqual([place, true]);
  }
});

it('R052 and so does a marketing purpose that is no longer forbidden, where a rule allows it', async () => {
  const open = packFrom(await carClubSource({ ...THORNY, 'purposes.marketing.basis': 'consent' }));
  const shown = differences(thorny, open);
  expect(shown.length).toBeGreaterThan(0);
  expect(new Set(shown.map((cell) => cell.purpose))).toEqual(new Set(['marketing']));
});

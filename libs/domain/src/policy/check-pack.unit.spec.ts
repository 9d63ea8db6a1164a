import fc from 'fast-check';
import { carClub, type PackChanges } from '@lacuna/testing';
import type { AccessRequest } from './access.js';
import { checkPack, openFindings, type PackFinding } from './check-pack.js';
import { decide } from './decide.js';
import { FACT_CASES } from './decision-table.js';
import type { Box, PolicyPack, Rule } from './pack.js';
import { FIELD_ACTIONS, NO_FIELD, NO_PURPOSE, type Action, type Mask } from './vocabulary.js';

const shortOf = ({ kind, rules, takes, why }: PackFinding) => ({ kind, rules, takes, settled: why !== null });
const findingsOf = async (changes: PackChanges) => openFindings(await carClub(changes));
const ofKind = (kind: PackFinding['kind'], rules: readonly string[], takes: string | null = null) =>
  expect.objectContaining({ kind, rules, takes }) as unknown;

it('the car club’s pack leaves nothing unsettled, and does settle what it must', async () => {
  const pack = await carClub();
  expect(openFindings(pack)).toEqual([]);
  expect(checkPack(pack).map(shortOf)).toEqual([
    {
      kind: 'contradiction',
      rules: ['matrix.customer-service.service', 'deny.management-raw'],
      takes: 'deny.management-raw',
      settled: true,
    },
    {
      kind: 'contradiction',
      rules: ['matrix.activity-dept.roster', 'deny.management-raw'],
      takes: 'deny.management-raw',
      settled: true,
    },
  ]);
});

it('shows a contradiction by a request that meets both rules', async () => {
  const pack = await carClub();
  const [contradiction] = checkPack(pack);
  expect(contradiction?.case).toEqual({
    role: 'customer-service',
    rolesHeld: ['customer-service', 'management'],
    action: 'read',
    purpose: 'service',
    fields: ['service-need'],
    facts: { subject: 'other', activity: 'own' },
  });
  expect(decide(pack, contradiction!.case!)).toMatchObject({ ruleIds: ['deny.management-raw'] });
});

it('a contradiction that the pack does not settle stays open', async () => {
  expect(await findingsOf({ resolves: [] })).toEqual([
    ofKind(
      'contradiction',
      ['matrix.customer-service.service', 'deny.management-raw'],
      'deny.management-raw',
    ),
    ofKind('contradiction', ['matrix.activity-dept.roster', 'deny.management-raw'], 'deny.management-raw'),
  ]);
});

it('names what settles nothing', async () => {
  const deny = { role: ['operator'], do: ['replay'], cite: 'R057 own' };
  const idle = { takes: 'deny.idle', over: ['matrix.operator.running'], why: 'no reason' };
  const findings = await findingsOf({ 'deny.idle': deny, 'resolves.1': idle });
  expect(findings).toEqual([
    ofKind('idle-resolution', ['deny.idle', 'matrix.operator.running'], 'deny.idle'),
  ]);
});

it('finds an allow of which nothing is left, with a request it was meant for', async () => {
  const findings = await findingsOf({ 'deny.no-audit': { do: ['audit', 'replay'], cite: 'R099 own' } });
  expect(findings).toEqual([
    ofKind('contradiction', ['matrix.compliance-officer.audit', 'deny.no-audit'], 'deny.no-audit'),
    ofKind('unreachable', ['matrix.compliance-officer.audit']),
  ]);
  expect(findings[1]?.case).toMatchObject({ role: 'compliance-officer', action: 'audit' });
});

it('finds an allow that two others cover together, and a deny within another', async () => {
  const read = { do: ['read'], for: ['service'], masks: { mobile: 'clear' }, cite: 'R048 000§4.1' };
  const half = {
    'matrix.customer-service.ids': { ...read, fields: ['name', 'mobile'] },
    'deny.name': { role: ['management'], do: ['read'], fields: ['name'], cite: 'R050 own' },
    'deny.all': { role: ['management'], do: ['read'], cite: 'R050 own' },
  };
  expect(await findingsOf(half)).toEqual(
    expect.arrayContaining([
      ofKind('redundant', ['matrix.customer-service.ids']),
      ofKind('redundant', ['deny.name']),
    ]),
  );
});

it('finds two allows that show a field differently; the stricter holds unless none is named', async () => {
  const second = { do: ['read'], fields: ['mobile'], for: ['service'], cite: 'R048 000§4.1' };
  const rules = ['matrix.customer-service.service', 'matrix.customer-service.second'];
  const added = { 'matrix.customer-service.second': second };
  expect(await findingsOf(added)).toContainEqual(ofKind('mask-conflict', rules, rules[1]));
  const settled = { ...added, 'resolves.1': { takes: rules[1], over: [rules[0]], why: 'least shown' } };
  expect(await findingsOf(settled)).not.toContainEqual(ofKind('mask-conflict', rules, rules[1]));
});

// The same question asked without boxes: take the rule out and walk every request.
const ROLES = ['integrator', 'member', 'operator'];
const ACTIONS_HERE: readonly Action[] = ['read', 'correct', 'audit'];
const FIELDS = ['name', 'mobile'];

const verdict = (pack: PolicyPack, request: AccessRequest): string => {
  const decision = decide(pack, request);
  return decision.kind === 'denied' ? decision.reason : `allowed ${JSON.stringify(decision.fields)}`;
};

const requests: readonly AccessRequest[] = ROLES.flatMap((role) =>
  ROLES.map((held) => ({ role, rolesHeld: [...new Set([role, held])] })),
).flatMap((who) =>
  ACTIONS_HERE.flatMap((action) =>
    (action === 'audit' ? [[]] : FIELDS.map((field) => [field])).flatMap((fields) =>
      ['service', 'real-name'].flatMap((purpose) =>
        FACT_CASES.map((facts) => ({ ...who, action, purpose, fields, facts })),
      ),
    ),
  ),
);

const walk = (pack: PolicyPack): string => requests.map((request) => verdict(pack, request)).join('\n');

const boxes: fc.Arbitrary<Box> = fc.record({
  roles: fc.subarray(ROLES, { minLength: 1 }),
  actions: fc.oneof(
    fc.constant<Action[]>(['audit']),
    fc.subarray<Action>(['read', 'correct'], { minLength: 1 }),
  ),
  purposes: fc.subarray(['service', 'real-name'], { minLength: 1 }),
  fields: fc.subarray(FIELDS, { minLength: 1 }),
  when: fc.constantFrom<Box['when'][]>(
    ...([{}, { subject: 'self' }, { subject: 'other' }, { activity: 'own' }] as const),
    { subject: 'other', activity: 'own' },
  ),
});

const onFields = ({ actions }: Box): boolean =>
  actions.some((action) => FIELD_ACTIONS.some((candidate) => candidate === action));

const shaped = (box: Box): Box =>
  onFields(box) ? box : { ...box, fields: [NO_FIELD], purposes: [NO_PURPOSE, ...box.purposes] };

type DrawnRule = Readonly<{ box: Box; effect: Rule['effect']; person: boolean; mask: Mask }>;

const drawnRules: fc.Arbitrary<DrawnRule> = fc.record({
  box: boxes,
  effect: fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const),
  person: fc.boolean(),
  mask: fc.constantFrom('clear' as const, 'phone' as const, 'hidden' as const),
});

const ruleOf = ({ box, effect, person, mask }: DrawnRule, index: number): Rule => ({
  id: `rule-${String(index)}`,
  cite: 'R054 own',
  effect,
  about: effect === 'deny' && person ? 'person' : 'acting',
  boxes: [shaped(box)],
  masks: new Map([['mobile', mask]]),
});

it('calls a rule superfluous exactly when no request would be answered otherwise without it', async () => {
  const pack = await carClub();
  let superfluous = 0;
  fc.assert(
    fc.property(fc.array(drawnRules, { minLength: 1, maxLength: 6 }), (drawn) => {
      const roles = new Map(ROLES.map((role) => [role, pack.roles.get(role)!]));
      const made: PolicyPack = { ...pack, roles, resolves: [], rules: drawn.map(ruleOf) };
      const before = walk(made);
      const found = checkPack(made).filter(({ kind }) => kind === 'redundant' || kind === 'unreachable');
      for (const rule of made.rules) {
        const same = walk({ ...made, rules: made.rules.filter((other) => other !== rule) }) === before;
        expect([rule.id, found.some(({ rules }) => rules.includes(rule.id))]).toEqual([rule.id, same]);
        if (same) superfluous += 1;
      }
    }),
    { numRuns: 150, seed: 108 },
  );
  expect(superfluous).toBeGreaterThan(20);
});

import fc from 'fast-check';
import { carClub, carClubSource } from '@lacuna/testing';
import type { AccessDecision, AccessRequest } from './access.js';
import { decide } from './decide.js';
import type { PolicyPack } from './pack.js';
import { packFrom } from './parse-pack.js';
import { ACTIONS, FIELD_ACTIONS, type Action } from './vocabulary.js';

let pack: PolicyPack;
beforeAll(async () => {
  pack = await carClub();
});

const acting = (role: string, request: Partial<AccessRequest> = {}): AccessRequest => ({
  role,
  rolesHeld: [role],
  action: 'read',
  purpose: 'service',
  fields: [],
  ...request,
});

const names = (decision: AccessDecision): readonly string[] =>
  decision.kind === 'allowed' ? decision.fields.map((field) => field.name) : [];

const inCategory = (category: string): readonly string[] =>
  [...pack.fields].filter(([, field]) => field.category === category).map(([name]) => name);

it('R048 customer service reads basic information for the service, under that very clause', () => {
  const decision = decide(pack, acting('customer-service', { fields: ['name', 'mobile'] }));
  expect(decision).toEqual({
    kind: 'allowed',
    fields: [
      { name: 'name', mask: 'clear' },
      { name: 'mobile', mask: 'clear' },
    ],
    rules: ['R048 000§4.1'],
    ruleIds: ['matrix.customer-service.service'],
    approvals: [],
    policy: 'car-club@1',
  });
});

it('R048 customer service reads no other category, for no purpose', () => {
  for (const purpose of pack.purposes.keys())
    for (const field of [...inCategory('real-name'), ...inCategory('activity')])
      expect(decide(pack, acting('customer-service', { purpose, fields: [field] })).kind).toBe('denied');
});

it('R048 of behaviour customer service sees and records service needs, for the service, and nothing else', () => {
  const actions = ['read', 'record-behaviour', 'correct-behaviour'] as const;
  const allowed = actions.flatMap((action) =>
    [...pack.purposes.keys()].flatMap((purpose) =>
      inCategory('behaviour').flatMap((field) => {
        const decision = decide(pack, acting('customer-service', { action, purpose, fields: [field] }));
        return decision.kind === 'allowed' ? [[action, purpose, field, ...decision.rules]] : [];
      }),
    ),
  );
  expect(allowed).toEqual(actions.map((action) => [action, 'service', 'service-need', 'R048 000§4.1']));
});

it('R049 the activity department sees who signed up for its own activities, and nobody else', () => {
  const roster = acting('activity-dept', { purpose: 'activity', fields: ['sign-up', 'name'] });
  expect(decide(pack, { ...roster, facts: { subject: 'other', activity: 'own' } })).toMatchObject({
    kind: 'allowed',
    rules: ['R049 000§4.1'],
    ruleIds: ['matrix.activity-dept.roster'],
  });
  for (const facts of [{ activity: 'other' }, {}, { subject: 'self' }] as const)
    expect(decide(pack, { ...roster, facts })).toMatchObject({
      kind: 'denied',
      nearestMiss: 'matrix.activity-dept.roster: activity',
    });
});

it('R049 and nothing else of them: no other field, no other purpose, nothing of behaviour', () => {
  for (const purpose of pack.purposes.keys())
    for (const field of pack.fields.keys()) {
      const facts = { subject: 'other', activity: 'own' } as const;
      const { kind } = decide(pack, acting('activity-dept', { purpose, fields: [field], facts }));
      const roster = purpose === 'activity' && ['sign-up', 'name'].includes(field);
      expect([purpose, field, kind]).toEqual([purpose, field, roster ? 'allowed' : 'denied']);
    }
});

it('R049 the activity department announces activities and ends its own', () => {
  const does = (action: Action, facts = {}) =>
    decide(pack, acting('activity-dept', { action, purpose: null, facts })).kind;
  expect(does('announce-activity')).toBe('allowed');
  expect(does('list-activities')).toBe('allowed');
  expect(does('end-activity', { activity: 'own' })).toBe('allowed');
  expect(does('end-activity', { activity: 'other' })).toBe('denied');
  expect(does('end-activity')).toBe('denied');
});

it('R049 a member signs up for themselves, an integrator for whoever asks it to', () => {
  const signsUp = (role: string, facts = {}) =>
    decide(pack, acting(role, { action: 'sign-up', purpose: 'activity', fields: ['sign-up'], facts })).kind;
  expect(signsUp('member', { subject: 'self' })).toBe('allowed');
  expect(signsUp('member', { subject: 'other' })).toBe('denied');
  expect(signsUp('member')).toBe('denied');
  expect(signsUp('integrator')).toBe('allowed');
  expect(signsUp('activity-dept')).toBe('denied');
});

it('R050 reports are for the management, and for nobody else', () => {
  for (const role of pack.roles.keys()) {
    const decision = decide(pack, acting(role, { action: 'report', purpose: null }));
    expect([role, decision.kind]).toEqual([role, role === 'management' ? 'allowed' : 'denied']);
  }
});

it('R051 behaviour is read for a stated purpose of the catalogue that it was recorded for', () => {
  const own = acting('member', { fields: ['group-post'], facts: { subject: 'self' } });
  const reads = (purpose: string | null) => decide(pack, { ...own, purpose });
  expect(reads(null)).toMatchObject({ kind: 'denied', reason: 'PURPOSE_REQUIRED' });
  expect(reads('curiosity')).toMatchObject({ kind: 'denied', reason: 'PURPOSE_UNKNOWN' });
  expect(reads('marketing')).toMatchObject({ kind: 'denied', reason: 'DENIED_BY_RULE' });
  expect(reads('service')).toMatchObject({ kind: 'denied', reason: 'NOT_ALLOWED' });
  for (const purpose of ['improvement', 'risk-control']) expect(reads(purpose).kind).toBe('allowed');
});

it('R181 members read all of their own behaviour, each kind for what it is there for, and no other member’s', () => {
  const seen = ['service', 'improvement', 'risk-control'].flatMap((purpose) =>
    names(decide(pack, acting('member', { purpose, facts: { subject: 'self' } }))),
  );
  expect(seen).toEqual(expect.arrayContaining([...inCategory('behaviour')]));
  for (const purpose of pack.purposes.keys())
    for (const field of inCategory('behaviour'))
      for (const facts of [{ subject: 'other' }, {}] as const)
        expect(decide(pack, acting('member', { purpose, fields: [field], facts })).kind).toBe('denied');
});

it('R050 management reads no raw field, for no purpose, also under another role that it holds', () => {
  for (const purpose of pack.purposes.keys())
    for (const field of pack.fields.keys()) {
      const request = acting('management', { purpose, fields: [field] });
      expect(decide(pack, request)).toMatchObject({ kind: 'denied', reason: 'DENIED_BY_RULE' });
    }
  const asService = acting('customer-service', {
    rolesHeld: ['customer-service', 'management'],
    fields: ['name'],
  });
  expect(decide(pack, asService)).toMatchObject({
    kind: 'denied',
    reason: 'DENIED_BY_RULE',
    rules: ['R050 000§4.1'],
    ruleIds: ['deny.management-raw'],
  });
});

it('R050 somebody of the management who is a member still reads their own data', () => {
  const own = acting('member', { rolesHeld: ['management', 'member'], fields: ['name'] });
  expect(decide(pack, { ...own, facts: { subject: 'self' } }).kind).toBe('allowed');
  expect(decide(pack, { ...own, facts: { subject: 'other' } }).kind).toBe('denied');
  expect(decide(pack, own)).toMatchObject({ kind: 'denied', ruleIds: ['deny.management-raw'] });
});

it.each([null, ''])('R051 a read without a purpose (%j) is denied, and says what came closest', (purpose) => {
  expect(decide(pack, acting('customer-service', { purpose, fields: ['name'] }))).toEqual({
    kind: 'denied',
    reason: 'PURPOSE_REQUIRED',
    fields: [],
    rules: ['R051 000§4.2'],
    ruleIds: [],
    nearestMiss: 'matrix.customer-service.service: purpose',
    policy: 'car-club@1',
  });
});

it('R051 a purpose outside the catalogue is denied', () => {
  const decision = decide(pack, acting('customer-service', { purpose: 'curiosity', fields: ['name'] }));
  expect(decision).toMatchObject({ kind: 'denied', reason: 'PURPOSE_UNKNOWN', rules: ['R051 000§4.2'] });
});

it('R052 nobody does anything for marketing, also where a rule would allow it', async () => {
  const lax = await carClub({
    'matrix.customer-service.service.for': ['service', 'marketing'],
    'matrix.customer-service.service.fields': ['basic'],
    'fields.name.for': ['service', 'activity', 'marketing'],
  });
  for (const [one, fields] of [
    [pack, ['name']],
    [lax, ['name']],
  ] as const)
    for (const role of one.roles.keys())
      for (const action of FIELD_ACTIONS)
        expect(decide(one, acting(role, { action, purpose: 'marketing', fields }))).toMatchObject({
          kind: 'denied',
          reason: 'DENIED_BY_RULE',
          rules: expect.arrayContaining(['R052 000§4.3']) as unknown,
        });
});

it('R054 what the pack does not name is denied', async () => {
  const bare = await carClub({ matrix: {}, resolves: [] });
  for (const role of bare.roles.keys())
    for (const action of ACTIONS) {
      const fields = FIELD_ACTIONS.some((one) => one === action) ? ['name'] : [];
      expect(decide(bare, acting(role, { action, fields })).kind).toBe('denied');
    }
  expect(decide(bare, acting('customer-service', { fields: ['name'] }))).toMatchObject({
    reason: 'NOT_ALLOWED',
    rules: ['R054 000§5.1'],
    nearestMiss: null,
  });
});

it('R054 an unknown role, or one that the actor does not hold, is denied', () => {
  expect(decide(pack, acting('janitor'))).toMatchObject({ kind: 'denied', reason: 'ROLE_UNKNOWN' });
  expect(decide(pack, acting('customer-service', { rolesHeld: ['member'] }))).toMatchObject({
    kind: 'denied',
    reason: 'ROLE_NOT_HELD',
  });
});

it('R054 names the nearest miss of a refusal', () => {
  const readBy = (role: string, more: Partial<AccessRequest>) => {
    const decision = decide(pack, acting(role, more));
    return decision.kind === 'denied' ? decision.nearestMiss : 'allowed';
  };
  expect(readBy('compliance-officer', { fields: ['name'] })).toBe('matrix.customer-service.service: role');
  expect(readBy('customer-service', { purpose: 'real-name', fields: ['name'] })).toBe(
    'matrix.customer-service.service: purpose',
  );
  expect(readBy('member', { fields: ['name'], facts: { subject: 'other' } })).toBe(
    'matrix.member.own-data: subject',
  );
  expect(readBy('customer-service', { action: 'audit', purpose: null })).toBe(
    'matrix.customer-service.exits: action',
  );
});

it('R055 an open read gives only the fields that the purpose needs', async () => {
  expect(names(decide(pack, acting('customer-service')))).toEqual([...inCategory('basic'), 'service-need']);
  const narrower = await carClub({
    'fields.joinedOn.for': ['real-name'],
    'fields.vin.for': ['real-name'],
    'matrix.member.own-data.masks': undefined,
  });
  const needed = inCategory('basic').filter((field) => field !== 'joinedOn' && field !== 'vin');
  expect(names(decide(narrower, acting('customer-service')))).toEqual([...needed, 'service-need']);
});

it('R055 a read that also names a field the purpose does not need gets nothing', () => {
  expect(decide(pack, acting('customer-service', { fields: ['name', 'idNumber'] }))).toMatchObject({
    kind: 'denied',
    reason: 'NOT_ALLOWED',
    fields: ['idNumber'],
  });
});

it.each(['nickname', 'constructor', '__proto__', ''])(
  'R001 a field that is not of the pack (%j) is refused',
  (field) => {
    expect(decide(pack, acting('customer-service', { fields: ['name', field] }))).toMatchObject({
      kind: 'denied',
      reason: 'FIELD_UNKNOWN',
      fields: [field],
      rules: ['R001 000§2.1'],
    });
  },
);

it('R105 every decision cites the version of the pack it was made under', async () => {
  const next = await carClub({ version: 2 });
  for (const role of ['customer-service', 'management', 'nobody'])
    expect(decide(next, acting(role, { fields: ['name'] })).policy).toBe('car-club@2');
});

it('R038 of overlapping masks the strictest holds', async () => {
  const masks = { mobile: 'initial' };
  const second = { do: ['read'], fields: ['mobile', 'vin'], for: ['service'], masks, cite: 'R048 000§4.1' };
  const both = await carClub({ 'matrix.customer-service.second': second });
  expect(decide(both, acting('customer-service', { fields: ['mobile', 'vin', 'name'] }))).toMatchObject({
    fields: [
      { name: 'mobile', mask: 'initial' },
      { name: 'vin', mask: 'tail' },
      { name: 'name', mask: 'clear' },
    ],
    ruleIds: ['matrix.customer-service.service', 'matrix.customer-service.second'],
  });
});

it('a fact that is unknown holds for a deny and fails for an allow', async () => {
  const own = acting('member', { fields: ['name'] });
  expect(decide(pack, { ...own, facts: { subject: 'self' } }).kind).toBe('allowed');
  expect(decide(pack, own).kind).toBe('denied');
  const deny = { role: ['customer-service'], when: { subject: 'self' }, cite: 'R048 own' };
  const strict = await carClub({ 'deny.own-desk': deny });
  const desk = acting('customer-service', { fields: ['name'] });
  expect(decide(strict, { ...desk, facts: { subject: 'other' } }).kind).toBe('allowed');
  expect(decide(strict, { ...desk, facts: { subject: 'self' } }).kind).toBe('denied');
  expect(decide(strict, desk)).toMatchObject({ kind: 'denied', ruleIds: ['deny.own-desk'] });
});

const shuffled = <Value>(value: Value, order: readonly number[]): Value => {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort((one, other) => rank(one, order) - rank(other, order));
  return Object.fromEntries(
    keys.map((key) => [key, shuffled((value as Record<string, unknown>)[key], order)]),
  ) as Value;
};
const rank = (key: string, order: readonly number[]): number =>
  order[Array.from(key).reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % order.length] ?? 0;

const requests = fc.record({
  role: fc.constantFrom(
    'integrator',
    'customer-service',
    'activity-dept',
    'management',
    'compliance-officer',
    'member',
    'operator',
  ),
  held: fc.subarray(['integrator', 'customer-service', 'management', 'member']),
  action: fc.constantFrom(...ACTIONS),
  purpose: fc.constantFrom('service', 'real-name', 'activity', 'marketing', null),
  field: fc.constantFrom('name', 'mobile', 'vin', 'idNumber', 'purchase', 'sign-up'),
  facts: fc.record(
    { subject: fc.constantFrom('self' as const, 'other' as const), activity: fc.constant('own' as const) },
    { requiredKeys: [] },
  ),
});
type Drawn = typeof requests extends fc.Arbitrary<infer Value> ? Value : never;

const requestOf = ({ role, held, action, purpose, field, facts }: Drawn): AccessRequest => ({
  role,
  rolesHeld: [...new Set([role, ...held])],
  action,
  purpose,
  fields: FIELD_ACTIONS.some((one) => one === action) ? [field] : [],
  facts,
});

it('R054 no order of the pack changes a decision, and an added deny takes what it names from everybody', async () => {
  const source = await carClubSource();
  const denies = fc.record({
    do: fc.subarray([...ACTIONS], { minLength: 1 }),
    for: fc.subarray(['service', 'real-name'], { minLength: 1 }),
    fields: fc.subarray(['basic', 'idNumber'], { minLength: 1 }),
  });
  fc.assert(
    fc.property(
      denies,
      fc.array(fc.integer(), { minLength: 5, maxLength: 11 }),
      fc.array(requests, { minLength: 20, maxLength: 20 }),
      (deny, order, drawn) => {
        const denied = structuredClone(source) as { deny: Record<string, unknown> };
        denied.deny = { added: { ...deny, cite: 'R054 own' }, ...denied.deny };
        const one = packFrom(denied);
        const other = packFrom(shuffled(denied, order));
        for (const request of drawn.map(requestOf)) {
          const [decision, again] = [decide(one, request), decide(other, request)];
          expect([again.kind, [...again.ruleIds].sort()]).toEqual([
            decision.kind,
            [...decision.ruleIds].sort(),
          ]);
          const hit =
            deny.do.includes(request.action) &&
            deny.for.includes(request.purpose ?? '') &&
            request.fields.some((field) =>
              deny.fields.some((word) => word === field || word === pack.fields.get(field)?.category),
            );
          if (hit) expect(decision).toMatchObject({ kind: 'denied', reason: 'DENIED_BY_RULE' });
          if (!hit) expect(decision.kind).toBe(decide(pack, request).kind);
        }
      },
    ),
    { numRuns: 30, seed: 54 },
  );
});

it('has an answer to every request, and lets nobody in on an unknown word', () => {
  const words = fc.oneof(
    fc.string(),
    fc.constantFrom('service', 'member', 'name', 'constructor', '__proto__'),
  );
  const drawn = fc.record({
    role: words,
    rolesHeld: fc.array(words),
    action: words,
    purpose: words,
    fields: fc.array(words),
  });
  fc.assert(
    fc.property(drawn, (request) => {
      const decision = decide(pack, { ...request, action: request.action as Action });
      const known = pack.roles.has(request.role) && ACTIONS.some((one) => one === request.action);
      if (!known || !pack.purposes.has(request.purpose)) expect(decision.kind).toBe('denied');
    }),
    { numRuns: 2000, seed: 54 },
  );
});

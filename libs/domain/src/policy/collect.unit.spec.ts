import type { Processing } from '@lacuna/domain/kernel';
import { carClub } from '@lacuna/testing';
import { mayCollect, type CollectDecision, type CollectRequest } from './collect.js';
import type { PolicyPack } from './pack.js';
import { FIELD_ACTIONS, type CollectAction } from './vocabulary.js';

let pack: PolicyPack;
beforeAll(async () => {
  pack = await carClub();
});

const service: Processing = {
  channel: 'registration',
  lawfulBasis: 'contract',
  purposes: ['service'],
  noticeVersion: 'handbook-3',
  provenance: 'subject',
};

const registration = (
  processing: Partial<Processing> = {},
  more: Partial<CollectRequest> = {},
): CollectRequest => ({
  role: 'integrator',
  rolesHeld: ['integrator'],
  action: 'register',
  processing: { ...service, ...processing },
  fields: ['name', 'mobile', 'plate'],
  ...more,
});

const verification = (more: Partial<CollectRequest> = {}): CollectRequest =>
  registration(
    { lawfulBasis: 'law', purposes: ['real-name'] },
    { action: 'verify-real-name', fields: ['realName', 'idNumber'], ...more },
  );

const faults = (decision: CollectDecision): readonly string[] =>
  decision.kind === 'refused'
    ? decision.violations.map(({ field, rule }) => `${field}: ${rule}`)
    : [decision.kind];

it('R001 R003 takes in listed fields by a listed channel, under the clauses that allow it', () => {
  expect(mayCollect(pack, registration())).toEqual({
    kind: 'allowed',
    rules: ['R003 000§2.2'],
    ruleIds: ['matrix.integrator.registration'],
    policy: 'car-club@1',
  });
});

it('R001 refuses a field that is not listed', () => {
  const decision = mayCollect(pack, registration({}, { fields: ['name', 'mobile', 'salary'] }));
  expect(faults(decision)).toEqual(['salary: FIELD_UNKNOWN R001 000§2.1']);
});

it('R001 the ID number comes in by real-name verification alone', () => {
  expect(mayCollect(pack, verification()).kind).toBe('allowed');
  const otherwise = FIELD_ACTIONS.filter(
    (action): action is CollectAction => action !== 'read' && action !== 'verify-real-name',
  );
  for (const action of otherwise)
    for (const role of pack.roles.keys()) {
      const request = verification({
        action,
        role,
        rolesHeld: [role],
        fields: ['name', 'mobile', 'idNumber'],
      });
      expect(faults(mayCollect(pack, request))).toContain('idNumber: FIELD_ONLY_OTHERWISE R001 000§2.1');
    }
});

it('R003 refuses a channel that is not listed, and takes one that a copy of the pack adds', async () => {
  const request = registration({ channel: 'street-survey' });
  expect(faults(mayCollect(pack, request))).toEqual(['channel: CHANNEL_UNKNOWN R003 000§2.2']);
  const wider = await carClub({ 'channels.list.street-survey': { zh: '街头调查', en: 'street survey' } });
  expect(mayCollect(wider, request).kind).toBe('allowed');
});

it('R011 refuses a provenance that is not listed', () => {
  expect(faults(mayCollect(pack, registration({ provenance: 'public' })))).toEqual([
    'provenance: PROVENANCE_UNKNOWN R011 003b§5',
  ]);
});

it('R005 refuses a field that none of the stated purposes needs', async () => {
  const narrower = await carClub({ 'fields.plate.for': ['real-name'] });
  expect(faults(mayCollect(narrower, registration()))).toEqual(['plate: FIELD_NOT_FOR_PURPOSE R005 000§1.2']);
});

it('R051 refuses a collection without a purpose, or for one that is not in the catalogue', () => {
  expect(faults(mayCollect(pack, registration({ purposes: [] })))).toContain(
    'purposes: PURPOSE_MISSING R051 000§4.2',
  );
  expect(faults(mayCollect(pack, registration({ purposes: ['service', 'curiosity'] })))).toEqual([
    'purposes: PURPOSE_UNKNOWN R051 000§4.2',
  ]);
});

it.each(['never', 'consent'])('R052 refuses marketing whatever the basis (%s)', (lawfulBasis) => {
  expect(faults(mayCollect(pack, registration({ purposes: ['marketing'], lawfulBasis })))).toContain(
    'purposes: PURPOSE_FORBIDDEN R052 000§4.3',
  );
});

it('R006 refuses a basis other than the one the pack gives the purpose', async () => {
  const request = registration({ lawfulBasis: 'consent' });
  expect(faults(mayCollect(pack, request))).toEqual(['lawful_basis: BASIS_WRONG R051 000§4.2']);
  const asking = await carClub({ 'purposes.service.basis': 'consent' });
  expect(mayCollect(asking, request).kind).toBe('allowed');
  expect(mayCollect(asking, registration()).kind).toBe('refused');
});

it.each([null, '', ' '])(
  'R006 refuses a collection before a notice was shown (%j)',
  async (noticeVersion) => {
    const request = registration({ noticeVersion });
    expect(faults(mayCollect(pack, request))).toEqual(['notice_version: NOTICE_MISSING R006 000§1.3']);
    const silent = await carClub({ 'notices.before': ['real-name'] });
    expect(mayCollect(silent, request).kind).toBe('allowed');
  },
);

it('R016 refuses a new member without what the pack requires, and asks a correction for no more than it changes', () => {
  expect(faults(mayCollect(pack, registration({}, { fields: ['name', 'plate'] })))).toEqual([
    'mobile: FIELD_REQUIRED R001 000§2.1',
  ]);
  expect(faults(mayCollect(pack, verification({ fields: ['idNumber'] })))).toEqual([
    'realName: FIELD_REQUIRED R001 000§2.1',
  ]);
  const correction = registration({}, { action: 'request-correction', fields: ['plate'] });
  expect(mayCollect(pack, correction).kind).toBe('allowed');
});

it('R054 a role that the pack does not name for it brings nothing in', () => {
  for (const role of ['management', 'compliance-officer', 'operator'])
    expect(mayCollect(pack, registration({}, { role, rolesHeld: [role] }))).toMatchObject({
      kind: 'denied',
      reason: 'NOT_ALLOWED',
      rules: ['R054 000§5.1'],
      nearestMiss: 'matrix.integrator.registration: role',
    });
});

it('R072 a member asks for a correction of their own data only', () => {
  const own = registration({}, { role: 'member', rolesHeld: ['member'], action: 'request-correction' });
  expect(mayCollect(pack, { ...own, facts: { subject: 'self' } })).toMatchObject({
    kind: 'allowed',
    rules: ['R072 000§6.2'],
  });
  expect(mayCollect(pack, { ...own, facts: { subject: 'other' } }).kind).toBe('denied');
  expect(mayCollect(pack, own).kind).toBe('denied');
});

it('decides every stated purpose: one that the role may not act for refuses the whole', async () => {
  const both = { purposes: ['service', 'real-name'], lawfulBasis: 'law' };
  const shared = await carClub({
    'fields.plate.for': ['service', 'real-name'],
    'purposes.service.basis': 'law',
  });
  expect(mayCollect(shared, registration(both))).toMatchObject({ kind: 'denied', fields: ['plate'] });
});

it('a stated purpose that no field serves refuses the whole', async () => {
  const lawful = await carClub({ 'purposes.service.basis': 'law' });
  const both = registration({ purposes: ['service', 'real-name'], lawfulBasis: 'law' });
  expect(mayCollect(lawful, both)).toMatchObject({ kind: 'denied', reason: 'FIELD_REQUIRED' });
});

it('names every fault at once, with the clause of each and never a value', () => {
  const decision = mayCollect(
    pack,
    registration(
      { channel: 'street', purposes: ['service', 'marketing'], noticeVersion: null },
      { fields: ['vin2'] },
    ),
  );
  expect(faults(decision)).toEqual([
    'channel: CHANNEL_UNKNOWN R003 000§2.2',
    'purposes: PURPOSE_FORBIDDEN R052 000§4.3',
    'notice_version: NOTICE_MISSING R006 000§1.3',
    'vin2: FIELD_UNKNOWN R001 000§2.1',
    'name: FIELD_REQUIRED R001 000§2.1',
    'mobile: FIELD_REQUIRED R001 000§2.1',
  ]);
});

describe('R003 R005 R006 recording what somebody did', () => {
  const recording = (
    kind: string,
    processing: Partial<Processing> = {},
    more: Partial<CollectRequest> = {},
  ): CollectRequest => registration(processing, { action: 'record-behaviour', fields: [kind], ...more });

  it('takes in a kind of the pack, for each purpose that it is there for, under the clauses that allow it', () => {
    const post = { purposes: ['improvement', 'risk-control'], channel: 'group-chat' };
    expect(mayCollect(pack, recording('group-post', post))).toEqual({
      kind: 'allowed',
      rules: ['R003 000§2.2'],
      ruleIds: ['matrix.integrator.behaviour'],
      policy: 'car-club@1',
    });
    expect(mayCollect(pack, recording('purchase')).kind).toBe('allowed');
  });

  it('refuses an unlisted kind, one that the stated purpose does not need, one without a notice', () => {
    expect(faults(mayCollect(pack, recording('gossip')))).toEqual(['gossip: FIELD_UNKNOWN R001 000§2.1']);
    expect(faults(mayCollect(pack, recording('group-post')))).toEqual([
      'group-post: FIELD_NOT_FOR_PURPOSE R005 000§1.2',
    ]);
    const unnoticed = { purposes: ['improvement'], noticeVersion: null };
    expect(faults(mayCollect(pack, recording('group-post', unnoticed)))).toEqual([
      'notice_version: NOTICE_MISSING R006 000§1.3',
    ]);
    const consent = { purposes: ['improvement'], lawfulBasis: 'consent' };
    expect(faults(mayCollect(pack, recording('group-post', consent)))).toEqual([
      'lawful_basis: BASIS_WRONG R051 000§4.2',
    ]);
  });

  it('R048 customer service records service needs and nothing else', () => {
    const desk = { role: 'customer-service', rolesHeld: ['customer-service'] };
    expect(mayCollect(pack, recording('service-need', {}, desk)).kind).toBe('allowed');
    expect(mayCollect(pack, recording('purchase', {}, desk))).toMatchObject({
      kind: 'denied',
      rules: ['R054 000§5.1'],
    });
  });

  it('R049 members sign up themselves, for the activity', () => {
    const own = { role: 'member', rolesHeld: ['member'], action: 'sign-up', fields: ['sign-up'] } as const;
    const signUp = registration({ purposes: ['activity'], channel: 'sign-up' }, own);
    expect(mayCollect(pack, { ...signUp, facts: { subject: 'self' } }).kind).toBe('allowed');
    expect(mayCollect(pack, { ...signUp, facts: { subject: 'other' } }).kind).toBe('denied');
    expect(faults(mayCollect(pack, registration({}, own)))).toEqual([
      'sign-up: FIELD_NOT_FOR_PURPOSE R005 000§1.2',
    ]);
  });
});

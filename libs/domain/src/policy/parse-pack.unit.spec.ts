import { carClub, carClubSource, type PackChanges } from '@lacuna/testing';
import { hasCode } from '@lacuna/domain/kernel';
import { packFrom, parsePack, problemText } from './parse-pack.js';

const problemsOf = async (changes: PackChanges): Promise<readonly string[]> => {
  const parsed = parsePack(await carClubSource(changes));
  return parsed.kind === 'refused' ? parsed.problems.map(problemText) : [];
};

it('R105 a pack is known by name and version', async () => {
  expect((await carClub()).id).toBe('car-club@1');
  expect((await carClub({ version: 7 })).id).toBe('car-club@7');
});

it.each<[string, PackChanges, readonly string[]]>([
  ['an unknown key at the top', { colour: 'red' }, ['colour: unknown key']],
  [
    'a misspelt key of a deny, which would let everybody in',
    { 'deny.management-raw.persons': ['management'] },
    ['deny.management-raw.persons: unknown key (R050 000§4.1)'],
  ],
  [
    'an unknown role in a deny',
    { 'deny.management-raw.person': ['managment'] },
    ['deny.management-raw.person.0: unknown role "managment" (R050 000§4.1)'],
  ],
  [
    'a matrix row of an unknown role',
    { 'matrix.janitor': { keys: { do: ['status'], cite: 'R048 000§4.1' } } },
    ['matrix.janitor: unknown role "janitor"'],
  ],
  [
    'an unknown purpose in a rule',
    { 'matrix.customer-service.service.for': ['service', 'servise'] },
    ['matrix.customer-service.service.for.1: unknown purpose "servise" (R048 000§4.1)'],
  ],
  [
    'an unknown field in a rule',
    { 'matrix.customer-service.service.fields': ['mobil'] },
    [
      'matrix.customer-service.service.fields.0: unknown field or category "mobil" (R048 000§4.1)',
      'matrix.customer-service.service.for: no field here is there for purpose "service" (R048 000§4.1)',
      'matrix.customer-service.service.masks: the rule shows no field "mobile" (R048 000§4.1)',
    ],
  ],
  [
    'an unknown action',
    { 'matrix.operator.running.do': ['statos'] },
    ['matrix.operator.running.do.0: unknown action "statos" (R057 own)'],
  ],
  [
    'an unknown fact',
    { 'deny.management-raw.when': { subject: 'other', moon: 'full' } },
    ['deny.management-raw.when.moon: unknown key (R050 000§4.1)'],
  ],
  [
    'a condition that asks nothing, and so would allow everybody',
    { 'matrix.member.own-data.when': {} },
    ['matrix.member.own-data.when: must not be empty (R181 000§1.3)'],
  ],
  [
    'an unknown value of a fact',
    { 'matrix.member.own-data.when.subject': 'friend' },
    ['matrix.member.own-data.when.subject: unknown value of subject "friend" (R181 000§1.3)'],
  ],
  [
    'an unknown basis',
    { 'purposes.service.basis': 'habit' },
    ['purposes.service.basis: unknown basis "habit" (R051 000§4.2)'],
  ],
  [
    'an unknown hold',
    { 'categories.real-name.hold': 'custom' },
    ['categories.real-name.hold: unknown hold "custom" (R078 000§6.3)'],
  ],
  [
    'an unknown level',
    { 'fields.name.level': 'secret' },
    ['fields.name.level: unknown level "secret" (R001 000§2.1)'],
  ],
  [
    'an unknown mask',
    { 'fields.mobile.mask': 'fog' },
    ['fields.mobile.mask: unknown mask "fog" (R001 000§2.1)'],
  ],
  [
    'an unknown purpose that asks for a notice',
    { 'notices.before': ['servise'] },
    ['notices.before.0: unknown purpose "servise" (R006 000§1.3)'],
  ],
  [
    'R023 a field without a known category',
    { 'fields.name.in': 'bsic' },
    ['fields.name.in: unknown category "bsic" (R001 000§2.1)'],
  ],
  [
    'R005 a field that cites no purpose',
    { 'fields.plate.for': [] },
    ['fields.plate.for: must not be empty (R001 000§2.1)'],
  ],
  [
    'R005 a field with an unknown purpose',
    { 'fields.plate.for': ['curiosity'] },
    ['fields.plate.for.0: unknown purpose "curiosity" (R001 000§2.1)'],
  ],
  [
    'a rule for a field that is not there for the purpose',
    { 'matrix.customer-service.service.fields': ['mobile', 'idNumber'] },
    [
      'matrix.customer-service.service.fields: field "idNumber" is not there for purpose "service" (R048 000§4.1)',
    ],
  ],
  [
    'R001 a rule by which the ID number would come in another way',
    { 'matrix.integrator.real-name.do': ['register'] },
    [
      'matrix.integrator.real-name: field "realName" comes in only by verify-real-name, not by register (R001 000§2.1)',
      'matrix.integrator.real-name: field "idNumber" comes in only by verify-real-name, not by register (R001 000§2.1)',
    ],
  ],
  [
    'a rule that mixes actions on fields with others',
    { 'matrix.customer-service.service.do': ['read', 'audit'] },
    ['matrix.customer-service.service.do: mixes actions on fields with others (R048 000§4.1)'],
  ],
  [
    'a purpose beside an action that has no field',
    { 'matrix.compliance-officer.audit.for': ['service'] },
    ['matrix.compliance-officer.audit.for: has no place beside an action without fields (R099 000§7.2)'],
  ],
  [
    'a rule without a clause',
    { 'matrix.customer-service.service.cite': undefined },
    ['matrix.customer-service.service.cite: missing'],
  ],
  [
    'a clause that is none',
    { 'matrix.customer-service.service.cite': 'because' },
    ['matrix.customer-service.service.cite: must cite a requirement and a clause, like "R048 000§4.1"'],
  ],
  [
    'a chosen value that is not there',
    { 'deadlines.correction.chosen': ['without'] },
    ['deadlines.correction.chosen: "without" is not a key here (R072 000§6.2)'],
  ],
  [
    'a period that is none',
    { 'deadlines.correction.within': '24 hours' },
    ['deadlines.correction.within: must be written like PT24H (R072 000§6.2)'],
  ],
  [
    'a deadline of two kinds',
    { 'deadlines.correction.at': '10:00' },
    ['deadlines.correction: must have exactly one of within, at, end-of-day (R072 000§6.2)'],
  ],
  [
    'a retention of both kinds',
    { 'categories.audit.ceiling': 'P6M' },
    ['categories.audit: must have either keep or ceiling (R097 000§5.1)'],
  ],
  [
    'an event that no retention is counted from',
    { 'categories.real-name.from': 'RealNameVerifed' },
    ['categories.real-name.from: unknown event "RealNameVerifed" (R078 000§6.3)'],
  ],
  [
    'R043 a period without the event it is counted from',
    { 'categories.audit.from': undefined, 'categories.audit.chosen': undefined },
    ['categories.audit.from: missing (R097 000§5.1)'],
  ],
  [
    'a resolution that takes an allow over a deny',
    {
      resolves: [
        { takes: 'matrix.customer-service.service', over: ['deny.management-raw'], why: 'convenient' },
      ],
    },
    ['resolves.0: no allow wins over a deny'],
  ],
  [
    'R041 a day that is kept beyond the midnight its period ends at',
    { 'categories.behaviour.ceiling': undefined, 'categories.behaviour.keep': 'P6M' },
    [
      'categories.behaviour.keep: must be a ceiling: a day is gone by the midnight that its period ends at (R041 000§3.2)',
    ],
  ],
  [
    'R047 anonymising what does not end by the day',
    { 'categories.activity.then': 'anonymise' },
    ['categories.activity.then: only what ends by the day can be anonymised (R042 000§3.2)'],
  ],
  [
    'an ending that is none',
    { 'categories.behaviour.then': 'archive' },
    ['categories.behaviour.then: unknown ending "archive" (R041 000§3.2)'],
  ],
  [
    'an ending of what has no clock',
    { 'categories.basic.then': 'delete' },
    ['categories.basic.then: a membership has no clock (R040 000§3.2)'],
  ],
  [
    'R046 figures about one person',
    { 'statistics.k': 1 },
    ['statistics.k: must be at least 2 (R050 000§4.1)'],
  ],
  [
    'R046 figures about nobody in particular',
    { 'statistics.k': 0 },
    [
      'statistics.k: must be a whole number above 0 (R050 000§4.1)',
      'statistics.k: must be at least 2 (R050 000§4.1)',
    ],
  ],
  [
    'R001 a kind that says nothing of what it holds',
    { 'fields.group-post.form': undefined, 'fields.group-post.chosen': undefined },
    expect.arrayContaining([
      'fields.group-post: must have a form: its category is recorded by forms (R051 000§4.2)',
    ]) as readonly string[],
  ],
  [
    'a form in a category that is kept by fields',
    { 'fields.plate.form': { text: { title: { zh: '内容', en: 'text' }, type: 'text' } } },
    expect.arrayContaining([
      'fields.plate.form: has no place in a category that is not recorded by forms (R001 000§2.1)',
    ]) as readonly string[],
  ],
  [
    'a form with two amounts, of which sums would hold one',
    { 'fields.purchase.form.tip': { title: { zh: '小费', en: 'tip' }, type: 'amount' } },
    ['fields.purchase.form: has two items of type amount (R051 000§4.2)'],
  ],
  [
    'a form item of a type that is none',
    { 'fields.purchase.form.place.type': 'map' },
    ['fields.purchase.form.place.type: unknown type "map" (R051 000§4.2)'],
  ],
  [
    'a mask, a duty or a holder of a whole form',
    {
      'fields.group-post.mask': 'hidden',
      'fields.group-post.required': true,
      'fields.group-post.unique': true,
    },
    [
      'fields.group-post.mask: has no place beside a form (R051 000§4.2)',
      'fields.group-post.required: has no place beside a form (R051 000§4.2)',
      'fields.group-post.unique: has no place beside a form (R051 000§4.2)',
    ],
  ],
  [
    'a rule that masks a whole form',
    { 'matrix.customer-service.service.masks.service-need': 'initial' },
    [
      'matrix.customer-service.service.masks: "service-need" has a form: it is shown whole or not at all (R048 000§4.1)',
    ],
  ],
  [
    'a rule by which a value would be recorded like behaviour',
    { 'matrix.customer-service.needs.fields': ['service-need', 'name'] },
    [
      'matrix.customer-service.needs: field "name" has no form and cannot come in by record-behaviour (R048 000§4.1)',
    ],
  ],
  [
    'a rule by which behaviour would be registered like a value',
    { 'matrix.customer-service.correction.fields': ['basic', 'service-need'] },
    [
      'matrix.customer-service.correction: field "service-need" has a form and cannot come in by request-correction (R072 000§6.2)',
    ],
  ],
  [
    'R049 an unknown value of the activity',
    { 'matrix.activity-dept.roster.when.activity': 'any' },
    ['matrix.activity-dept.roster.when.activity: unknown value of activity "any" (R049 000§4.1)'],
  ],
  ['an unknown zone', { zone: 'Asia/Atlantis' }, ['zone: unknown time zone "Asia/Atlantis"']],
  ['a missing part', { matrix: undefined, resolves: [] }, ['matrix: missing']],
  [
    'a name that is a category and a field',
    { 'fields.basic': { in: 'basic' } },
    expect.arrayContaining(['fields.basic: has the name of a category']) as readonly string[],
  ],
])('refuses %s', async (_, changes, problems) => {
  expect(await problemsOf(changes)).toEqual(problems);
});

it('names every fault of a pack at once, as violations', async () => {
  const source = await carClubSource({ colour: 'red', 'deadlines.correction.within': '24 hours' });
  const refusal = await Promise.resolve()
    .then(() => packFrom(source))
    .catch((error: unknown) => error);
  expect(hasCode(refusal, 'PACK_INVALID')).toBe(true);
  expect(refusal).toMatchObject({
    violations: [
      { field: 'colour', rule: 'unknown key' },
      { field: 'deadlines.correction.within', rule: 'must be written like PT24H' },
    ],
  });
});

it.each([null, 'car-club', 7, [], [1]])('refuses what is no pack at all: %j', (raw) => {
  expect(parsePack(raw).kind).toBe('refused');
});

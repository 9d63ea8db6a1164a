import { carClub } from '@lacuna/testing';
import { formOf, kindsOf } from './kinds.js';
import { categoryOf, citeOf, levelOf, rulesOf, titleOf, uniqueFields, type TitleKind } from './lookup.js';
import type { PolicyPack } from './pack.js';

let pack: PolicyPack;
beforeAll(async () => {
  pack = await carClub();
});

it.each<[TitleKind, string, string, string]>([
  ['role', 'compliance-officer', '合规专员', 'compliance officer'],
  ['purpose', 'service', '服务', 'service'],
  ['field', 'idNumber', '身份证号', 'identity number'],
  ['category', 'real-name', '实名信息', 'real-name identity'],
  ['channel', 'registration', '官方登记', 'official registration'],
  ['provenance', 'subject', '本人提供', 'given by the person'],
  ['hold', 'operation-log', '操作日志', 'the log of operations'],
  ['reason', 'exit', '退会', 'leaving the club'],
])('speaks of the %s %s in the words of the regulation', (kind, name, zh, en) => {
  expect(titleOf(pack, kind, name)).toEqual({ zh, en });
});

it('lets a name of an older pack stand for itself', () => {
  expect(titleOf(pack, 'role', 'auditor')).toEqual({ zh: 'auditor', en: 'auditor' });
});

it('knows level, category and uniqueness of a field, and refuses one that is not of the pack', async () => {
  expect([levelOf(pack, 'name'), levelOf(pack, 'idNumber')]).toEqual(['internal', 'confidential']);
  expect([categoryOf(pack, 'name'), categoryOf(pack, 'realName')]).toEqual(['basic', 'real-name']);
  expect(uniqueFields(pack)).toEqual(['mobile', 'customerNumber', 'idNumber']);
  expect(uniqueFields(await carClub({ 'fields.plate.unique': true }))).toContain('plate');
  expect(() => levelOf(pack, 'salary')).toThrow(/no field "salary"/);
});

it('R048 R049 knows the kinds of a category with their forms, and no kind of another', () => {
  expect([...kindsOf(pack, 'behaviour').keys()]).toEqual([
    ...['purchase', 'service-need', 'group-post', 'activity-participation'],
  ]);
  expect([...kindsOf(pack, 'activity').keys()]).toEqual(['sign-up']);
  expect([...kindsOf(pack, 'basic').keys()]).toEqual([]);
  expect([...(formOf(pack, 'behaviour', 'purchase')?.keys() ?? [])]).toEqual(['units', 'amount', 'place']);
  for (const [category, kind] of [
    ['behaviour', 'sign-up'],
    ['behaviour', 'name'],
    ['behaviour', 'constructor'],
    ['activity', 'purchase'],
  ] as const)
    expect(formOf(pack, category, kind)).toBeNull();
});

it('cites a clause in every place, and says which values are chosen', () => {
  expect(citeOf(pack, 'deadlines.correction')).toBe('R072 000§6.2');
  expect(citeOf(pack, 'deadlines.complaint')).toBeNull();
  const ids = rulesOf(pack).map((place) => place.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(expect.arrayContaining(pack.rules.map((rule) => rule.id)));
  const chosen = rulesOf(pack).filter((place) => place.chosen.length > 0);
  expect(chosen).toContainEqual({ id: 'clockJump', cite: 'R077 000§6.3', chosen: ['days'] });
});

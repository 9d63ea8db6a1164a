import { activityCategory } from '@lacuna/domain/activity';
import { behaviourCategory, nightCategory } from '@lacuna/domain/behaviour';
import { catalogue, categoriesOf, categoryScopes, keptCategories } from '@lacuna/domain/catalogue';
import { auditCategory } from '@lacuna/domain/reading';
import { identityCategory } from '@lacuna/domain/identity';
import { memberCategory, memberFields } from '@lacuna/domain/member';
import { ANCHORS, decide, kindsOf, retentionGaps, type PolicyPack } from '@lacuna/domain/policy';
import { carClub } from '@lacuna/testing';

let pack: PolicyPack;
beforeAll(async () => {
  pack = await carClub();
});

const fieldsOf = (category: string): readonly string[] =>
  [...pack.fields].filter(([, field]) => field.category === category).map(([name]) => name);

it('R001 the pack lists exactly the fields that events can hold, in the category they are sealed under', () => {
  expect(fieldsOf(memberCategory)).toEqual(memberFields);
  expect(fieldsOf(identityCategory)).toEqual(['realName', 'idNumber']);
  expect([...pack.categories.keys()]).toEqual([
    ...[memberCategory, identityCategory, behaviourCategory, activityCategory, auditCategory],
  ]);
});

it('R001 R005 what is recorded by forms comes in kinds of the pack alone, each for a purpose', () => {
  for (const category of [behaviourCategory, activityCategory])
    expect([...kindsOf(pack, category).keys()]).toEqual(fieldsOf(category));
  for (const [, field] of pack.fields) expect(field.purposes.length).toBeGreaterThan(0);
});

it('R023 R044 every category that the log can hold has an end in the pack; one that it lacks is named', async () => {
  expect(retentionGaps(pack, keptCategories, categoryScopes)).toEqual([]);
  expect([...keptCategories].sort()).toEqual(Object.keys(categoryScopes).sort());
  const held = new Set(catalogue.entries.flatMap(categoriesOf));
  expect([...held].filter((category) => !keptCategories.includes(category))).toEqual([nightCategory]);
  for (const category of keptCategories) {
    const without = {
      ...pack,
      categories: new Map([...pack.categories].filter(([one]) => one !== category)),
    };
    expect(retentionGaps(without, keptCategories, categoryScopes)).toEqual([category]);
  }
  const forever = await carClub({
    'categories.audit': {
      ...{ title: { zh: '查阅记录', en: 'record of reads' }, keep: 'membership', cite: 'R097 own' },
    },
  });
  expect(retentionGaps(forever, keptCategories, categoryScopes)).toEqual([auditCategory]);
});

it('counts a retention only from events that there are', () => {
  for (const anchor of ANCHORS.filter((one) => one !== 'day'))
    expect(catalogue.newest(anchor).type).toBe(anchor);
});

it('R105 a refusal says nothing that an event cannot hold: its words are the pack’s', () => {
  const request = { role: 'member', rolesHeld: ['member'], action: 'read', purpose: 'service' } as const;
  const decision = decide(pack, { ...request, fields: ['name', 'salary of Mr Cheng'] });
  expect(decision).toMatchObject({ kind: 'denied', nearestMiss: 'matrix.member.own-data: field, subject' });
});

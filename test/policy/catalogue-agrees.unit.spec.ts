import { catalogue } from '@lacuna/domain/catalogue';
import { auditCategory } from '@lacuna/domain/reading';
import { identityCategory } from '@lacuna/domain/identity';
import { memberCategory, memberFields } from '@lacuna/domain/member';
import { ANCHORS, decide, type PolicyPack } from '@lacuna/domain/policy';
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
  expect([...pack.categories.keys()]).toEqual([memberCategory, identityCategory, auditCategory]);
});

it('counts a retention only from events that there are', () => {
  for (const anchor of ANCHORS) expect(catalogue.newest(anchor).type).toBe(anchor);
});

it('R105 a refusal says nothing that an event cannot hold: its words are the pack’s', () => {
  const request = { role: 'member', rolesHeld: ['member'], action: 'read', purpose: 'service' } as const;
  const decision = decide(pack, { ...request, fields: ['name', 'salary of Mr Cheng'] });
  expect(decision).toMatchObject({ kind: 'denied', nearestMiss: 'matrix.member.own-data: field, subject' });
});

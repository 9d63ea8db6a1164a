import { randomBytes } from 'node:crypto';
import { toKey } from '../sealing/aead.js';
import {
  claimTag,
  holderTag,
  innerTag,
  lookupKeys,
  openBody,
  openInner,
  parseBody,
  sealBody,
  sealInner,
  type ClaimBody,
} from './claim-codec.js';
import { collide, type ClaimRow } from './claim-view.js';

const epoch = lookupKeys(3, toKey(randomBytes(32)));
const later = lookupKeys(4, toKey(randomBytes(32)));
const slot = { tenant: 'car-club', kind: 'mobile' };
const inner = innerTag(slot, '19900012345');
const body: ClaimBody = {
  subject: 'holder',
  category: 'basic',
  scope: 'membership',
  stream: 'car-club.member-1',
  expected: '4',
  eventId: 'e1',
  openedAt: '1998-07-01T00:00:00.000Z',
  inner: Buffer.from('inner'),
};

it('gives a value one tag per epoch, tenant and kind', () => {
  const tags = [
    claimTag(epoch, inner),
    claimTag(later, inner),
    claimTag(epoch, innerTag({ ...slot, tenant: 'other-club' }, '19900012345')),
    claimTag(epoch, innerTag({ ...slot, kind: 'id-number' }, '19900012345')),
    claimTag(epoch, innerTag(slot, '19900012346')),
    holderTag(epoch, slot.tenant, 'holder'),
    holderTag(later, slot.tenant, 'holder'),
  ].map((tag) => tag.toString('hex'));
  expect(new Set(tags).size).toBe(tags.length);
  expect(claimTag(epoch, innerTag(slot, '19900012345')).toString('hex')).toBe(tags[0]);
});

it('opens a body only in its epoch and under its tag', () => {
  const tag = claimTag(epoch, inner);
  const bytes = Buffer.concat([sealBody(epoch, slot, tag, body), randomBytes(50)]);
  const parsed = parseBody(bytes);
  expect(parsed && openBody(epoch, parsed)).toEqual(body);
  expect(parsed && openBody(later, parsed)).toBeNull();
  const other = parseBody(sealBody(epoch, slot, claimTag(epoch, innerTag(slot, 'x')), body));
  expect(parsed && other && openBody(epoch, { ...parsed, header: other.header })).toBeNull();
  for (const hidden of ['holder', 'member-1', '19900012345']) expect(bytes.includes(hidden)).toBe(false);
});

it('keeps the inner tag under the holder key, bound to tenant and kind', () => {
  const key = toKey(randomBytes(32));
  const sealed = sealInner(key, slot, inner);
  expect(openInner(key, slot, sealed)).toEqual(inner);
  expect(openInner(key, { ...slot, kind: 'plate' }, sealed)).toBeNull();
  expect(openInner(toKey(randomBytes(32)), slot, sealed)).toBeNull();
});

const row = (openedAt: Date | null): ClaimRow => ({
  id: '1',
  ...slot,
  tag: Buffer.alloc(0),
  holder: Buffer.alloc(0),
  body: Buffer.alloc(0),
  opened_at: openedAt,
});
const asked = { kind: 'mobile', value: 'v', stream: body.stream, expected: 4n, eventId: 'e1' };

it.each([
  ['a confirmed one of somebody else is taken', row(null), {}, 'other', 'taken'],
  ['an open one of somebody else is contested', row(new Date()), {}, 'other', 'contested'],
  ['a confirmed one of its own is its own', row(null), { eventId: 'e2' }, 'holder', 'own'],
  ['an open one of the same append is its own', row(new Date()), {}, 'holder', 'own'],
  [
    'an open one of the same event at another revision is replaced',
    row(new Date()),
    { expected: 5n },
    'holder',
    'replace',
  ],
  [
    'an open one of another event of its own is contested',
    row(new Date()),
    { eventId: 'e2' },
    'holder',
    'contested',
  ],
] as const)('%s', (...[, found, change, subject, outcome]) => {
  expect(collide(found, body, { ...asked, ...change }, subject)).toBe(outcome);
});

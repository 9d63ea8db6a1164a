import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { toKey } from './aead.js';
import { deriveKey, oneFactorKey, twoFactorKey, type KeyContext } from './key-derivation.js';
import { open, parseSealed, seal } from './sealed-value.js';
import { openUnnamed, sealUnnamed } from './unnamed-value.js';

const context: KeyContext = { tenant: 'car-club', category: 'behaviour', scope: '1998-03-04' };
const factor = twoFactorKey(randomBytes(32), randomBytes(32));
const key = deriveKey(factor, 'seal', context);
const label = { field: 'body', eventId: randomUUID() };

const wellFormed = fc.string({ unit: 'binary', maxLength: 3_000 }).filter((text) => text.isWellFormed());

it('opens what it sealed, whatever the text, and never puts it in clear', () =>
  fc.assert(
    fc.property(wellFormed, (text) => {
      const sealed = sealUnnamed(key, context, label, text);
      return openUnnamed(key, context, label, sealed) === text && (text.length < 6 || !sealed.includes(text));
    }),
  ));

it('R041 names neither key nor person, and shows no length below 256 bytes', () => {
  const sealed = ['', 'a', 'x'.repeat(254), 'x'.repeat(255)].map((text) =>
    sealUnnamed(key, context, label, text),
  );
  expect(new Set(sealed.map((text) => text.length)).size).toBe(1);
  expect(sealUnnamed(key, context, label, 'x'.repeat(256)).length).toBeGreaterThan(sealed[0]!.length);
  // Two values of one event share what says where they stand, and nothing else.
  const [magic, field, event, nonce, body] = sealed[0]!.split(':');
  const other = sealed[1]!.split(':');
  expect([magic, field, event]).toEqual(other.slice(0, 3));
  expect([magic, field]).toEqual(['LS2', 'body']);
  expect(nonce).not.toBe(other[3]);
  expect(body).not.toBe(other[4]);
  expect(sealed[0]!.split(':')).toHaveLength(5);
});

it('E08 refuses a value of another field, event, tenant, category, scope or key', () => {
  const sealed = sealUnnamed(key, context, label, 'fuel');
  const contexts = [
    { ...context, tenant: 'other-club' },
    { ...context, category: 'night' },
    { ...context, scope: '1998-03-05' },
  ];
  expect(openUnnamed(key, context, label, sealed)).toBe('fuel');
  for (const wrong of contexts) expect(openUnnamed(key, wrong, label, sealed)).toBeNull();
  expect(openUnnamed(key, context, { ...label, field: 'copy' }, sealed)).toBeNull();
  expect(openUnnamed(key, context, { ...label, eventId: randomUUID() }, sealed)).toBeNull();
  // Nor with its label rewritten to what is asked for.
  const copied = sealed.replace(':body:', ':copy:');
  expect(openUnnamed(key, context, { ...label, field: 'copy' }, copied)).toBeNull();
  for (const scope of ['1998-03-04', 'x'])
    expect(
      openUnnamed(
        deriveKey(oneFactorKey(randomBytes(32)), 'seal', { ...context, scope }),
        context,
        label,
        sealed,
      ),
    ).toBeNull();
});

it('E08 refuses a cut tag, any single bit turned, and every other spelling', () => {
  const sealed = sealUnnamed(key, context, label, 'fuel');
  const at = sealed.lastIndexOf(':') + 1;
  const bytes = Buffer.from(sealed.slice(at), 'base64url');
  const withBody = (body: Buffer): string => sealed.slice(0, at) + body.toString('base64url');
  expect(openUnnamed(key, context, label, withBody(bytes))).toBe('fuel');
  for (let kept = 0; kept < 16; kept += 1)
    expect(
      openUnnamed(key, context, label, withBody(bytes.subarray(0, bytes.length - 16 + kept))),
    ).toBeNull();
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const turned = Buffer.from(bytes);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(openUnnamed(key, context, label, withBody(turned))).toBeNull();
  }
  for (const wrong of ['', 'x', `${sealed}=`, `${sealed}\n`, sealed.slice(1), sealed.replace('LS2', 'LS1')])
    expect(openUnnamed(key, context, label, wrong)).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => openUnnamed(key, context, label, text) === null));
  // No value of it is taken for one that names its key.
  expect(parseSealed(sealed)).toBeNull();
});

it('refuses what it could not give back', () => {
  expect(() => sealUnnamed(key, context, label, '\ud800')).toThrow('not well-formed');
  expect(() => sealUnnamed(key, context, label, 'x'.repeat(65_536))).toThrow('longer than');
  expect(() => sealUnnamed(key, context, { ...label, field: 'a:b' }, 'x')).toThrow('field label');
  expect(() => sealUnnamed(key, context, { ...label, eventId: 'x' }, 'x')).toThrow('UUID');
});

describe('values of a scope that name their key (LS3)', () => {
  const month: KeyContext = { tenant: 'car-club', category: 'audit', scope: '1998-07' };
  const monthKey = deriveKey(factor, 'seal', month);
  const named = { keyRef: randomUUID(), field: 'subject', eventId: randomUUID() };
  const sealed = seal(monthKey, month, named, 'who was read');

  it('say which key and which scope', () => {
    expect(parseSealed(sealed)).toMatchObject({ ...named, scope: '1998-07' });
    expect(sealed.startsWith('LS3:')).toBe(true);
    expect(open(monthKey, month, parseSealed(sealed)!)).toBe('who was read');
  });

  it('E08 are refused with another scope, field, event or tenant, however they are spelt', () => {
    const event = sealed.split(':')[4]!;
    const changes: [string, string][] = [
      [':1998-07:', ':1998-08:'],
      [':subject:', ':purpose:'],
      [event, Buffer.from(randomBytes(16)).toString('base64url')],
      ['LS3:', 'LS1:'],
      [':1998-07:', ':membership:'],
      [':1998-07:', ':'],
    ];
    for (const [from, to] of changes) {
      const value = parseSealed(sealed.replace(from, to));
      expect(value && open(monthKey, month, value)).toBeNull();
      expect(value && open(monthKey, { ...month, scope: value.scope }, value)).toBeNull();
    }
    expect(open(monthKey, { ...month, tenant: 'other-club' }, parseSealed(sealed)!)).toBeNull();
    const cut = parseSealed(sealed)!;
    expect(open(monthKey, month, { ...cut, ciphertext: cut.ciphertext.subarray(0, -4) })).toBeNull();
  });

  it('there is one form alone for the membership', () => {
    const lasting = { ...month, scope: 'membership' };
    expect(seal(monthKey, lasting, named, 'x').startsWith('LS1:')).toBe(true);
  });
});

it('a key of one factor is none of two', () => {
  const bytes = randomBytes(32);
  const names = [oneFactorKey(bytes), twoFactorKey(bytes, Buffer.alloc(0)), twoFactorKey(bytes, bytes)].map(
    (one) => one.export().toString('hex'),
  );
  expect(names[0]).not.toBe(names[2]);
  expect(toKey(bytes).export().toString('hex')).not.toBe(names[0]);
});

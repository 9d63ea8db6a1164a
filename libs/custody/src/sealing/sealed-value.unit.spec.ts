import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { toKey } from './aead.js';
import { lengthPrefixed } from './byte-string.js';
import { deriveKey, hkdfSha256, MEMBERSHIP, twoFactorKey, type KeyContext } from './key-derivation.js';
import { bucketOf, pad, unpad } from './padding.js';
import { open, parseSealed, seal, type ParsedSealed } from './sealed-value.js';

const context: KeyContext = { tenant: 'car-club', category: 'basic', scope: MEMBERSHIP };
const factor = () => twoFactorKey(randomBytes(32), randomBytes(32));
const key = deriveKey(factor(), 'seal', context);
const label = { keyRef: randomUUID(), field: 'mobile', eventId: randomUUID() };

const parsed = (text: string): ParsedSealed => {
  const value = parseSealed(text);
  if (!value) throw new Error('not parsed');
  return value;
};

const wellFormed = fc.string({ unit: 'binary', maxLength: 400 }).filter((text) => text.isWellFormed());

it('opens what it sealed, whatever the text', () =>
  fc.assert(
    fc.property(wellFormed, (text) => open(key, context, parsed(seal(key, context, label, text))) === text),
  ));

it('says what it is, and nothing of the value or its length but the bucket', () => {
  const sealed = seal(key, context, label, '19900012345');
  expect(parsed(sealed)).toMatchObject(label);
  expect(sealed).toMatch(/^LS1:/);
  expect(sealed).not.toContain('1990001');
  expect(sealed.length).toBe(seal(key, context, label, '').length);
  expect(seal(key, context, label, '19900012345')).not.toBe(sealed);
});

it('E08 refuses a tag cut to 4 to 15 bytes, and any single bit turned', () => {
  const value = parsed(seal(key, context, label, '19900012345'));
  for (let kept = 4; kept < 16; kept += 1) {
    const cut = value.ciphertext.subarray(0, value.ciphertext.length - 16 + kept);
    expect(open(key, context, { ...value, ciphertext: cut })).toBeNull();
  }
  for (let bit = 0; bit < value.ciphertext.length * 8; bit += 1) {
    const turned = Buffer.from(value.ciphertext);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(open(key, context, { ...value, ciphertext: turned })).toBeNull();
  }
});

it('E08 refuses a value moved to another field, event, key reference, tenant, category, scope or subject', () => {
  const sealed = seal(key, context, label, '19900012345');
  const body = sealed.slice(sealed.lastIndexOf(':'));
  const moved = (change: Partial<typeof label>): string => {
    const other = seal(key, context, { ...label, ...change }, '');
    const [magic, ref, field, event] = other.split(':');
    return [magic, ref, field, event, sealed.split(':')[4]].join(':') + body;
  };
  expect(open(key, context, parsed(moved({})))).toBe('19900012345');
  expect(open(key, context, parsed(moved({ field: 'name' })))).toBeNull();
  expect(open(key, context, parsed(moved({ eventId: randomUUID() })))).toBeNull();
  expect(open(key, context, parsed(moved({ keyRef: randomUUID() })))).toBeNull();
  const value = parsed(sealed);
  expect(open(key, { ...context, tenant: 'other-club' }, value)).toBeNull();
  expect(open(key, { ...context, category: 'audit' }, value)).toBeNull();
  expect(open(key, { ...context, scope: '1998-07-01' }, value)).toBeNull();
  expect(open(deriveKey(factor(), 'seal', context), context, value)).toBeNull();
});

it('derives a key of its own for each purpose, tenant, category and scope, and needs both factors', () => {
  const subject = randomBytes(32);
  const scope = randomBytes(32);
  const names = (['seal', 'stream', 'id', 'tag'] as const).flatMap((purpose) =>
    [
      context,
      { ...context, tenant: 'car' },
      { ...context, category: 'clubbasic' },
      { ...context, scope: 'x' },
    ].map((one) => deriveKey(twoFactorKey(subject, scope), purpose, one).export().toString('hex')),
  );
  expect(new Set(names).size).toBe(16);
  const other = deriveKey(twoFactorKey(subject, randomBytes(32)), 'seal', context);
  expect(names).not.toContain(other.export().toString('hex'));
});

it('derives in two steps what HKDF-SHA-256 gives over both factors', () => {
  const [subject, scope] = [randomBytes(32), randomBytes(32)];
  for (const purpose of ['seal', 'stream', 'id', 'tag'] as const) {
    const info = lengthPrefixed('1', purpose, 'car-club', 'basic', 'membership');
    const whole = hkdfSha256(
      toKey(Buffer.concat([subject, scope])),
      Buffer.from('lacuna.custody.hkdf.v1'),
      info,
      32,
    );
    expect(deriveKey(twoFactorKey(subject, scope), purpose, context).export()).toEqual(whole);
  }
});

it('reads only its own canonical form', () => {
  const sealed = seal(key, context, label, 'x');
  for (const wrong of ['', 'x', sealed.slice(1), `${sealed}=`, sealed.replace('LS1', 'LS2'), `${sealed}\n`])
    expect(parseSealed(wrong)).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => parseSealed(text) === null));
});

it('refuses what it could not give back', () => {
  const refusal = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  expect(refusal(() => seal(key, context, label, '\ud800'))).toBe('VALUE_NOT_UNICODE');
  expect(refusal(() => seal(key, context, label, 'x'.repeat(65_536)))).toBe('VALUE_TOO_LONG');
  expect(refusal(() => seal(key, context, { ...label, field: 'a:b' }, 'x'))).toBe('SEAL_LABEL_INVALID');
  for (const eventId of ['', 'x', label.eventId.toUpperCase()])
    expect(refusal(() => seal(key, context, { ...label, eventId }, 'x'))).toBe('SEAL_LABEL_INVALID');
  expect(() => seal(toKey(randomBytes(16)), context, label, 'x')).toThrow(RangeError);
});

it('pads to buckets and back', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      const padded = pad(Buffer.from(bytes));
      if (!padded) return false;
      return padded.length === bucketOf(bytes.length) && unpad(padded)?.equals(Buffer.from(bytes)) === true;
    }),
  ));

it('takes no bytes without a mark for padded', () => {
  expect(unpad(Buffer.alloc(32))).toBeNull();
  expect(unpad(Buffer.alloc(0))).toBeNull();
});

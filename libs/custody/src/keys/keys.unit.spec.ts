import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { toKey } from '../sealing/aead.js';
import { KeyCache } from './key-cache.js';
import { KeyEntry } from './key-entry.js';
import { parseWrapped, sameContext, unwrapKey, wrapKey, type WrapContext } from './wrapped-key.js';

const kek = toKey(randomBytes(32));
const context: WrapContext = {
  ref: randomUUID(),
  tenant: 'car-club',
  owner: randomUUID(),
  category: 'basic',
  scope: 'membership',
};
const wrapping = { keyClass: 'subject' as const, kekEpoch: 7, kek };

const parse = (bytes: Buffer) => {
  const wrapped = parseWrapped(bytes);
  if (!wrapped) throw new Error('not parsed');
  return wrapped;
};

it('unwraps what it wrapped, and shows its class, epoch and context outside', () => {
  const key = randomBytes(32);
  const bytes = wrapKey(wrapping, context, key);
  expect(parse(bytes)).toMatchObject({ keyClass: 'subject', kekEpoch: 7, context });
  expect(unwrapKey(kek, parse(bytes))).toEqual(key);
  expect(unwrapKey(toKey(randomBytes(32)), parse(bytes))).toBeNull();
  expect(bytes.includes(key)).toBe(false);
});

it('can be carved out of other bytes', () => {
  const bytes = wrapKey(wrapping, context, randomBytes(32));
  const found = parse(Buffer.concat([bytes, randomBytes(100)]));
  expect(unwrapKey(kek, found)).not.toBeNull();
});

it.each(['ref', 'tenant', 'owner', 'category', 'scope'] as const)('E08 binds the %s', (part) => {
  const bytes = wrapKey(wrapping, context, randomBytes(32));
  const other = wrapKey(wrapping, { ...context, [part]: 'x'.repeat(context[part].length) }, randomBytes(32));
  const moved = { ...parse(other), nonce: parse(bytes).nonce, body: parse(bytes).body };
  expect(unwrapKey(kek, moved)).toBeNull();
  expect(sameContext(parse(other).context, context)).toBe(false);
});

it('takes no other bytes for a wrapped key', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const marked = Buffer.concat([Buffer.from('LWK1'), Buffer.from(bytes)]);
      const found = parseWrapped(marked);
      return parseWrapped(Buffer.from(bytes)) === null && (found === null || unwrapKey(kek, found) === null);
    }),
  ));

const entry = (mostUses?: number, scope = 'membership'): KeyEntry =>
  new KeyEntry(
    { ref: randomUUID(), tenant: 'car-club', subject: 's', category: 'basic' },
    randomBytes(32),
    { scope, key: randomBytes(32) },
    mostUses,
  );

it('E08 stops a key at its most uses (2^31; here 3)', () => {
  const key = entry(3);
  for (let use = 0; use < 3; use += 1) key.use('seal');
  expect(() => key.use('seal')).toThrow('a key has been used 2^31 times');
});

it('serves HMAC and AES with keys of their own', () => {
  const key = entry();
  const exported = (['seal', 'stream', 'id', 'tag', 'claim'] as const).map((purpose) =>
    key.key(purpose).export().toString('hex'),
  );
  expect(new Set(exported).size).toBe(5);
});

it('caches a bounded number, forgets on demand, and lets the unused go', async () => {
  const cache = new KeyCache<KeyEntry>({ size: 100, maxAgeMs: 40 });
  const put = (one: KeyEntry): void => cache.put(one.owner.ref, one.context.scope, one);
  const get = (one: KeyEntry): KeyEntry | undefined => cache.get(one.owner.ref, one.context.scope);
  const kept = entry();
  put(kept);
  for (let index = 0; index < 1_000; index += 1) put(entry());
  expect(cache.size).toBeLessThanOrEqual(100);
  expect(get(kept)).toBeUndefined();
  put(kept);
  expect(get(kept)).toBe(kept);
  cache.forget(kept.owner.ref);
  expect(get(kept)).toBeUndefined();
  put(kept);
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(cache.size).toBe(0);
  cache.close();
});

it('caches a key apart for each scope, bounded all the same, and forgets it with all of them', () => {
  const cache = new KeyCache<string>({ size: 100, maxAgeMs: 60_000 });
  for (let day = 0; day < 1_000; day += 1) cache.put('one', `day-${day}`, String(day));
  expect(cache.size).toBeLessThanOrEqual(100);
  expect(cache.get('one', 'day-999')).toBe('999');
  expect(cache.get('one', 'day-0')).toBeUndefined();
  expect(cache.get('other', 'day-999')).toBeUndefined();
  cache.forget('one');
  expect(cache.get('one', 'day-999')).toBeUndefined();
  expect(cache.size).toBe(0);
  cache.close();
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decrypt, encrypt, toKey } from './aead.js';
import { hkdfSha256 } from './key-derivation.js';

// Project Wycheproof (C2SP/wycheproof, Apache-2.0): test/vectors/wycheproof, its LICENSE beside the files.
type Vectors<Group> = Readonly<{ numberOfTests: number; testGroups: readonly Group[] }>;
type GcmTest = Readonly<
  Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag' | 'result', string> & { tcId: number }
>;
type GcmGroup = Readonly<{ ivSize: number; keySize: number; tagSize: number; tests: readonly GcmTest[] }>;
type HkdfTest = Readonly<
  Record<'ikm' | 'salt' | 'info' | 'okm' | 'result', string> & { tcId: number; size: number }
>;
type HkdfGroup = Readonly<{ tests: readonly HkdfTest[] }>;

const read = <Group>(name: string): Vectors<Group> =>
  JSON.parse(readFileSync(join(process.cwd(), 'test/vectors/wycheproof', name), 'utf8')) as Vectors<Group>;

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const gcm = read<GcmGroup>('aes_gcm_test.json');
const isOurs = (group: GcmGroup): boolean =>
  group.keySize === 256 && group.ivSize === 96 && group.tagSize === 128;
const ours = gcm.testGroups.filter(isOurs).flatMap((group) => group.tests);
const others = gcm.testGroups.filter((group) => !isOurs(group)).flatMap((group) => group.tests);
const withTag = (test: GcmTest): Buffer => hex(test.ct + test.tag);

it(`R030 Wycheproof AES-GCM: ${ours.length} of ${gcm.numberOfTests} are 256-bit keys, 96-bit nonces, 128-bit tags`, () => {
  expect(ours.length).toBe(66);
  expect(ours.filter((test) => test.result === 'invalid').length).toBeGreaterThan(0);
  for (const test of ours) {
    const key = toKey(hex(test.key));
    const opened = decrypt(key, hex(test.iv), hex(test.aad), withTag(test));
    const valid = test.result === 'valid';
    expect([test.tcId, opened?.toString('hex') ?? null]).toEqual([test.tcId, valid ? test.msg : null]);
    const sealed = encrypt(key, hex(test.iv), hex(test.aad), hex(test.msg)).toString('hex');
    expect([test.tcId, sealed === test.ct + test.tag]).toEqual([test.tcId, valid]);
  }
});

it(`refuses the other ${others.length}: another key or nonce length is no value of ours`, () => {
  expect(others.length + ours.length).toBe(gcm.numberOfTests);
  for (const test of others) {
    const key = toKey(hex(test.key));
    expect([test.tcId, decrypt(key, hex(test.iv), hex(test.aad), withTag(test))]).toEqual([test.tcId, null]);
    expect(() => encrypt(key, hex(test.iv), hex(test.aad), hex(test.msg))).toThrow(RangeError);
  }
});

it('R030 Wycheproof HKDF-SHA-256: all 86', () => {
  const { testGroups, numberOfTests } = read<HkdfGroup>('hkdf_sha256_test.json');
  const tests = testGroups.flatMap((group) => group.tests);
  expect([tests.length, numberOfTests]).toEqual([86, 86]);
  for (const test of tests) {
    const derive = (): string =>
      hkdfSha256(toKey(hex(test.ikm)), hex(test.salt), hex(test.info), test.size).toString('hex');
    if (test.result === 'valid') expect([test.tcId, derive()]).toEqual([test.tcId, test.okm]);
    else expect(derive).toThrow('Invalid key length');
  }
});

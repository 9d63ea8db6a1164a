import { createHash, generateKeyPairSync, sign as signBytes, verify as verifyBytes } from 'node:crypto';
import fc from 'fast-check';
import {
  answerTo,
  ed25519Bytes,
  ed25519Number,
  ed25519Order,
  notRefused,
  signedToken,
  signingInput,
  smallOrderPoints,
  testIssuer,
  TOKEN_REFUSED,
  withSignature,
} from '@lacuna/testing';
import type { AuthError } from './auth-error.js';
import { localKeySet } from './key-set.js';
import { createTokenVerifier } from './token-verifier.js';

const issuer = testIssuer();
const other = testIssuer('k2');
const verifier = createTokenVerifier({
  keys: localKeySet({ keys: [issuer.jwk, other.jwk] }),
  issuer: issuer.name,
  audience: issuer.audience,
});

const unlikeRefused = (tokens: Readonly<Record<string, string>>) => notRefused(verifier, tokens);

const named = <T>(values: readonly T[], name: (value: T) => string, token: (value: T) => string) =>
  Object.fromEntries(values.map((value) => [name(value), token(value)]));
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

const good = issuer.token();
const [head = '', body = '', tail = ''] = good.split('.');
const signature = Buffer.from(tail, 'base64url');
const signedAs = (bytes: Uint8Array): string => withSignature(`${head}.${body}`, bytes);
const R = signature.subarray(0, 32);
const S = signature.subarray(32);

const flipped = (bytes: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};

it('lets in the token that all the others here are made from', async () => {
  expect(await answerTo(verifier, good)).toBe('let in');
  expect(signature).toHaveLength(64);
});

describe('F08 a signature refuses', () => {
  it('with any of its 512 bits flipped', async () => {
    const tokens = named(upTo(512), String, (bit) => signedAs(flipped(signature, bit)));
    expect(Object.keys(tokens)).toHaveLength(512);
    expect(await unlikeRefused(tokens)).toEqual([]);
  });

  it('over a header or payload of which any bit was flipped', async () => {
    const parts = [Buffer.from(head, 'base64url'), Buffer.from(body, 'base64url')] as const;
    const tokens = Object.fromEntries(
      parts.flatMap((part, which) =>
        upTo(part.length * 8).map((bit) => {
          const changed = flipped(part, bit).toString('base64url');
          return [
            `${which}/${bit}`,
            which === 0 ? `${changed}.${body}.${tail}` : `${head}.${changed}.${tail}`,
          ];
        }),
      ),
    );
    expect(Object.keys(tokens).length).toBeGreaterThan(1_000);
    expect(await unlikeRefused(tokens)).toEqual([]);
  });

  it('of every other length: cut at either end, lengthened, doubled', async () => {
    const zeros = (length: number): Buffer => Buffer.alloc(length);
    const longer: Readonly<Record<string, Buffer>> = {
      '65, a zero after': Buffer.concat([signature, zeros(1)]),
      '65, a zero before': Buffer.concat([zeros(1), signature]),
      '65, a zero after R': Buffer.concat([R, zeros(1), S]),
      '96, R twice': Buffer.concat([R, R, S]),
      '128, doubled': Buffer.concat([signature, signature]),
      '128, zeros after': Buffer.concat([signature, zeros(64)]),
      '128, zeros before': Buffer.concat([zeros(64), signature]),
      '114, as long as one of Ed448': Buffer.concat([signature, zeros(50)]),
      'in a DER sequence of two integers': Buffer.concat([
        Buffer.from([0x30, 68, 2, 32]),
        R,
        Buffer.from([2, 32]),
        S,
      ]),
      'in a DER bit string': Buffer.concat([Buffer.from([3, 65, 0]), signature]),
      'as hex digits': Buffer.from(signature.toString('hex')),
      'as base64 in base64url': Buffer.from(tail),
    };
    const cut = upTo(64).flatMap((length) => [
      signature.subarray(0, length),
      signature.subarray(64 - length),
    ]);
    expect(
      await unlikeRefused({
        ...named(Object.keys(longer), String, (name) => signedAs(longer[name]!)),
        ...named(
          upTo(cut.length),
          (at) => `cut ${at}`,
          (at) => signedAs(cut[at]!),
        ),
      }),
    ).toEqual([]);
  });

  it('that is another one for the same S: S + kL, L - S, the halves swapped', async () => {
    const [s, L] = [ed25519Number(S), ed25519Order];
    const more = upTo(15).map((k) => s + BigInt(k + 1) * L);
    expect(more.filter((value) => value < 2n ** 256n).length).toBeGreaterThanOrEqual(14);
    const tokens = named(
      more.filter((value) => value < 2n ** 256n),
      (value) => `S + ${(value - s) / L}L`,
      (value) => signedAs(Buffer.concat([R, ed25519Bytes(value)])),
    );
    const twists: Readonly<Record<string, Buffer>> = {
      'L - S': Buffer.concat([R, ed25519Bytes(L - s)]),
      '-R': Buffer.concat([flipped(R, 255), S]),
      '-R, L - S': Buffer.concat([flipped(R, 255), ed25519Bytes(L - s)]),
      'S, R': Buffer.concat([S, R]),
      'bytes backwards': Buffer.from(signature).reverse(),
      'R big endian': Buffer.concat([Buffer.from(R).reverse(), S]),
      'S big endian': Buffer.concat([R, Buffer.from(S).reverse()]),
    };
    expect(
      await unlikeRefused({
        ...tokens,
        ...named(Object.keys(twists), String, (name) => signedAs(twists[name]!)),
      }),
    ).toEqual([]);
  });

  it('made of constants: zeros, ones, L, points of small order', async () => {
    const rs = smallOrderPoints();
    const L = ed25519Order;
    const ss = [0n, 1n, L - 1n, L, L + 1n, 8n * L, 2n ** 256n - 1n].map(ed25519Bytes);
    const pairs = rs.flatMap((r) => ss.map((s) => Buffer.concat([r, s])));
    expect(pairs).toHaveLength(98);
    expect(
      await unlikeRefused({
        ...named(upTo(pairs.length), String, (at) => signedAs(pairs[at]!)),
        'the sound R, S zero': signedAs(Buffer.concat([R, Buffer.alloc(32)])),
        'the sound S, R zero': signedAs(Buffer.concat([Buffer.alloc(32), S])),
        'R is the public key': signedAs(
          Buffer.concat([Buffer.from(issuer.jwk.x, 'base64url'), Buffer.alloc(32)]),
        ),
      }),
    ).toEqual([]);
  });

  it('of another token of the same issuer, and of another text of the same token', async () => {
    const second = issuer.token({ sub: 'clerk-18' }).split('.');
    const bytes = (text: string): Buffer => Buffer.from(text);
    const over = (message: Buffer): string => signedAs(signBytes(null, message, issuer.key));
    expect(
      await unlikeRefused({
        'the second token’s': `${head}.${body}.${second[2]}`,
        'the second token with the first’s': `${second[0]}.${second[1]}.${tail}`,
        'the second’s payload alone': `${head}.${second[1]}.${tail}`,
        'over the payload alone': over(bytes(body)),
        'over the header alone': over(bytes(head)),
        'over the decoded payload': over(Buffer.from(body, 'base64url')),
        'over what is decoded, with a dot between': over(
          bytes([head, body].map((part) => Buffer.from(part, 'base64url').toString()).join('.')),
        ),
        'with a dot too many': over(bytes(`${head}.${body}.`)),
        'with a line feed after it': over(bytes(`${head}.${body}\n`)),
        'payload before header': over(bytes(`${body}.${head}`)),
        'no dot between': over(bytes(`${head}${body}`)),
        'over the SHA-256 of it': over(createHash('sha256').update(`${head}.${body}`).digest()),
        'over the SHA-512 of it': over(createHash('sha512').update(`${head}.${body}`).digest()),
        'over nothing': over(Buffer.alloc(0)),
        'over itself': over(bytes(good)),
      }),
    ).toEqual([]);
  });

  it('of another key, or of a key of another kind', async () => {
    const ed448 = generateKeyPairSync('ed448').privateKey;
    const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const input = signingInput(issuer.header(), issuer.claims());
    const es256 = signBytes('sha256', Buffer.from(input), { key: p256, dsaEncoding: 'ieee-p1363' });
    expect(es256).toHaveLength(64);
    expect(
      await unlikeRefused({
        'the other key under this kid': signedToken(issuer.header(), issuer.claims(), other.key),
        'this key under the other kid': issuer.token({}, { kid: 'k2' }),
        'no kid where there are two keys': issuer.token({}, { kid: undefined }),
        'the other key, no kid': signedToken(issuer.header({ kid: undefined }), issuer.claims(), other.key),
        'Ed448 called EdDSA': withSignature(input, signBytes(null, Buffer.from(input), ed448)),
        'ES256 bytes called EdDSA': withSignature(input, es256),
      }),
    ).toEqual([]);
  });

  it('whatever 64 bytes stand in its place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 64, maxLength: 64 }), async (bytes) => {
        expect(await answerTo(verifier, signedAs(bytes))).toBe(TOKEN_REFUSED);
      }),
      { numRuns: 200 },
    );
  });
});

describe('F08 what a refusal gives away', () => {
  const stranger = testIssuer();
  const causeOf = async (token: string): Promise<unknown> => {
    const error: unknown = await verifier.verify(token).catch((reason: unknown) => reason);
    return ((error as AuthError).cause as { code?: string } | undefined)?.code;
  };

  it('nothing of a claim is looked at before the signature stands, so no refusal depends on what a forger guessed', async () => {
    const wrong: readonly object[] = [
      {},
      { iss: 'https://another.example' },
      { aud: 'billing' },
      { aud: [issuer.audience, 'billing'] },
      { exp: 1 },
      { nbf: 9e9 },
      { tenant: 'system' },
      { role: 'operator' },
      { roles: 'none' },
      { iat: undefined, exp: undefined, tenant: undefined },
    ];
    for (const claims of wrong) {
      const token = signedToken(issuer.header(), issuer.claims(claims), stranger.key);
      expect([claims, await causeOf(token)]).toEqual([claims, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED']);
    }
    const notJson = signedToken(issuer.header(), '{"aud":1,"aud":2', stranger.key);
    expect(await causeOf(notJson)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    const notAccess = signedToken(issuer.header({ typ: 'JWT' }), issuer.claims(), stranger.key);
    expect(await causeOf(notAccess)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  it('the stranger’s own signature is sound, so that nothing but the key is wrong with it', () => {
    const [first = '', second = '', third = ''] = stranger.token().split('.');
    expect(
      verifyBytes(
        null,
        Buffer.from(`${first}.${second}`),
        { key: stranger.jwk, format: 'jwk' },
        Buffer.from(third, 'base64url'),
      ),
    ).toBe(true);
  });
});

import { createHmac, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto';
import { exportJWK, type JSONWebKeySet, type JWK } from 'jose';
import fc from 'fast-check';
import { localKeySet, remoteKeySet } from './key-set.js';
import { createTokenVerifier } from './token-verifier.js';

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'lacuna';
const MEMBER = '7b0f3c52-6f0e-4c1c-9a43-0a6d8b9f6b11';

const issuerKey = generateKeyPairSync('ed25519');
const strangerKey = generateKeyPairSync('ed25519');
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 });

const publicJwk = async (key: KeyObject, kid: string, alg: string): Promise<JWK> => ({
  ...(await exportJWK(key)),
  kid,
  alg,
  use: 'sig',
});
let keys: JSONWebKeySet;
beforeAll(async () => {
  keys = {
    keys: [
      await publicJwk(issuerKey.publicKey, 'k1', 'EdDSA'),
      await publicJwk(rsaKey.publicKey, 'rsa', 'RS256'),
    ],
  };
});

const now = (): number => Math.floor(Date.now() / 1_000);
const goodClaims = () => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'clerk-17',
  tenant: 'car-club',
  role: 'customer-service',
  roles: ['customer-service', 'management'],
  client_id: 'crm',
  iat: now(),
  exp: now() + 60,
});
const goodHeader = { alg: 'EdDSA', typ: 'at+jwt', kid: 'k1' };
const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const join = (header: object, claims: object, signer: (input: Buffer) => Buffer): string => {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signer(Buffer.from(input)).toString('base64url')}`;
};
const ed25519 =
  (key: KeyObject) =>
  (input: Buffer): Buffer =>
    signBytes(null, input, key);
const issued = (claims: object = {}, header: object = {}): string =>
  join({ ...goodHeader, ...header }, { ...goodClaims(), ...claims }, ed25519(issuerKey.privateKey));

const verify = (token: string, leewaySeconds = 0) =>
  createTokenVerifier({ keys: localKeySet(keys), issuer: ISSUER, audience: AUDIENCE, leewaySeconds }).verify(
    token,
  );
const refused = expect.objectContaining({ code: 'TOKEN_INVALID', message: 'TOKEN_INVALID' }) as unknown;

it('reads tenant, actor, roles and client of a good token', async () => {
  expect(await verify(issued())).toEqual({
    tenant: 'car-club',
    actorId: 'clerk-17',
    role: 'customer-service',
    roles: ['customer-service', 'management'],
    client: 'crm',
  });
  expect(await verify(issued({ member_id: MEMBER, client_id: undefined }))).toMatchObject({
    memberId: MEMBER,
    client: 'clerk-17',
  });
});

describe('F08 refuses', () => {
  const hmac = (secret: string | Buffer) => (input: Buffer) =>
    createHmac('sha256', secret).update(input).digest();
  const attacks: Readonly<Record<string, () => string>> = {
    'alg none, unsigned': () => join({ ...goodHeader, alg: 'none' }, goodClaims(), () => Buffer.alloc(0)),
    'alg None, its signature left on': () =>
      join({ ...goodHeader, alg: 'None' }, goodClaims(), ed25519(issuerKey.privateKey)),
    'HMAC made with the public key as PEM': () =>
      join(
        { ...goodHeader, alg: 'HS256' },
        goodClaims(),
        hmac(issuerKey.publicKey.export({ type: 'spki', format: 'pem' })),
      ),
    'HMAC made with the raw public key': () =>
      join(
        { ...goodHeader, alg: 'HS256' },
        goodClaims(),
        hmac(Buffer.from(keys.keys[0]?.x ?? '', 'base64url')),
      ),
    'RS256 by a key that is in the set': () =>
      join({ ...goodHeader, alg: 'RS256', kid: 'rsa' }, goodClaims(), (input) =>
        signBytes('sha256', input, rsaKey.privateKey),
      ),
    'RS256 bytes called EdDSA': () =>
      join({ ...goodHeader, kid: 'rsa' }, goodClaims(), (input) =>
        signBytes('sha256', input, rsaKey.privateKey),
      ),
    'a stranger’s key under the issuer’s kid': () =>
      join(goodHeader, goodClaims(), ed25519(strangerKey.privateKey)),
    'an unknown kid': () => issued({}, { kid: 'k2' }),
    'a kid that is a path': () => issued({}, { kid: '../../../../dev/null' }),
    'a kid that is SQL': () => issued({}, { kid: "k1' OR '1'='1" }),
    'a kid that is no text': () => issued({}, { kid: { $ne: null } }),
    'a crit header it does not know': () => issued({}, { crit: ['exp'], b64: true }),
    'an unencoded payload': () => issued({}, { crit: ['b64'], b64: false }),
    'an ID token': () => issued({ nonce: 'n' }, { typ: 'JWT' }),
    'no token type': () => issued({}, { typ: undefined }),
    'another audience': () => issued({ aud: 'billing' }),
    'a list of audiences with ours in it': () => issued({ aud: ['billing', AUDIENCE] }),
    'our audience as a part of a text': () => issued({ aud: `${AUDIENCE} billing` }),
    'another issuer': () => issued({ iss: 'https://issuer.example.evil' }),
    'exp a second ago': () => issued({ exp: now() - 1 }),
    'no exp': () => issued({ exp: undefined }),
    'exp as a text': () => issued({ exp: String(now() + 60) }),
    'nbf to come': () => issued({ nbf: now() + 30 }),
    'no tenant': () => issued({ tenant: undefined }),
    'a tenant that is a path': () => issued({ tenant: 'car-club.member' }),
    'the reserved tenant': () => issued({ tenant: 'system' }),
    'no acting role': () => issued({ role: undefined }),
    'an acting role that is not held': () => issued({ role: 'operator' }),
    'roles that are no list': () => issued({ roles: 'customer-service' }),
    'no subject': () => issued({ sub: '' }),
    'a member id that is none': () => issued({ member_id: '*' }),
    'an empty token': () => '',
    'two parts': () => issued().split('.').slice(0, 2).join('.'),
    'four parts': () => `${issued()}.x`,
    'a token longer than any good one': () => issued({ padding: 'x'.repeat(9_000) }),
    'padding in base64url': () => `${issued()}==`,
  };
  it.each(Object.keys(attacks))('%s', async (name) => {
    await expect(verify(attacks[name]!())).rejects.toEqual(refused);
  });

  it('a stranger’s key offered in the token itself: jwk, jku, x5u, x5c are not looked at', async () => {
    const jwk = await exportJWK(strangerKey.publicKey);
    const offers = [
      { jwk },
      { jku: 'http://127.0.0.1:1/jwks.json' },
      { x5u: 'http://127.0.0.1:1/cert' },
      { x5c: ['MIIB'] },
    ];
    for (const offer of offers) {
      const header = { ...goodHeader, ...offer };
      await expect(verify(join(header, goodClaims(), ed25519(strangerKey.privateKey)))).rejects.toEqual(
        refused,
      );
      await expect(verify(join(header, goodClaims(), ed25519(issuerKey.privateKey)))).resolves.toBeDefined();
    }
  });

  it('every token that differs from a good one in one character', async () => {
    const token = issued();
    const alphabet = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...alphabet), async (at, letter) => {
        fc.pre(token[at] !== letter && token[at] !== '.');
        await expect(verify(token.slice(0, at) + letter + token.slice(at + 1))).rejects.toEqual(refused);
      }),
      { numRuns: 300, examples: Array.from(alphabet, (letter) => [token.length - 1, letter]) },
    );
  });

  it('an expired token within a stated leeway alone, and no leeway above a minute', async () => {
    await expect(verify(issued({ exp: now() - 3 }), 5)).resolves.toBeDefined();
    await expect(verify(issued({ exp: now() - 7 }), 5)).rejects.toEqual(refused);
    expect(() =>
      createTokenVerifier({ keys: localKeySet(keys), issuer: ISSUER, audience: AUDIENCE, leewaySeconds: 61 }),
    ).toThrow(RangeError);
  });
});

it('a verified token is not taken again once it has expired', async () => {
  const verifier = createTokenVerifier({ keys: localKeySet(keys), issuer: ISSUER, audience: AUDIENCE });
  const token = issued({ exp: now() + 1 });
  await expect(verifier.verify(token)).resolves.toBeDefined();
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  await expect(verifier.verify(token)).rejects.toEqual(refused);
});

describe('G07 an issuer’s keys by URL', () => {
  const remote = (answer: () => Response, options = {}) =>
    createTokenVerifier({
      keys: remoteKeySet(new URL('https://issuer.example/jwks'), {
        fetch: () => Promise.resolve(answer()),
        ...options,
      }),
      issuer: ISSUER,
      audience: AUDIENCE,
    });
  const good = (): Response => new Response(JSON.stringify(keys), { status: 200 });
  const down = (): Response => new Response('', { status: 503 });

  it('nobody is let in before the keys were ever seen, and the answer says so', async () => {
    await expect(remote(down).verify(issued())).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE' });
  });

  it('the last good set bridges an outage, but not for ever, and never lets a forger in', async () => {
    let answer = good;
    let asked = 0;
    const verifier = remote(
      () => {
        asked += 1;
        return answer();
      },
      { refreshMs: 0, bridgeMs: 400 },
    );
    await expect(verifier.verify(issued())).resolves.toBeDefined();
    answer = down;
    await expect(verifier.verify(issued({ sub: 'a' }))).resolves.toBeDefined();
    await expect(
      verifier.verify(join(goodHeader, goodClaims(), ed25519(strangerKey.privateKey))),
    ).rejects.toEqual(refused);
    expect(asked).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 450));
    await expect(verifier.verify(issued({ sub: 'b' }))).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE' });
  });
});

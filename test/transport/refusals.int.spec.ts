import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { memberV1 } from '@lacuna/contracts';
import { signedToken, type TokenPart } from '@lacuna/testing';
import { carClub, commandModules, RegisterScript } from './command-doubles.js';
import { AUDIENCE, ISSUER, startTestServer, type TestServer } from './grpc-harness.js';
import { framed, rawEnd } from './raw-call.js';

let server: TestServer;
let issuerKey: KeyObject;
const strangerKey = generateKeyPairSync('ed25519').privateKey;

beforeAll(async () => {
  server = await startTestServer(['lacuna.member.v1'], commandModules(new RegisterScript(), await carClub()));
  issuerKey = createPrivateKey(readFileSync(server.keyFile));
});
afterAll(() => server.stop());

const now = (): number => Math.floor(Date.now() / 1_000);
const header = (more: object = {}): object => ({
  alg: 'EdDSA',
  typ: 'at+jwt',
  kid: server.issuer.jwks.keys[0]?.kid,
  ...more,
});
const claims = (more: object = {}): object => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'crm',
  tenant: 'car-club',
  role: 'integrator',
  roles: ['integrator'],
  iat: now(),
  exp: now() + 60,
  ...more,
});
const token = (head: TokenPart, payload: TokenPart, key = issuerKey): string =>
  signedToken(head, payload, key);
const good = (): string => token(header(), claims());

/** One of each class of refusals: where the work of judging a token can stop. */
const refusals: Readonly<Record<string, () => string>> = {
  'no token in the scheme’s form': () => 'a b',
  'one part': () => 'a',
  'no base64url': () => good().replace('.', '+.'),
  'too long': () => good() + 'A'.repeat(9_000),
  'a header that is no JSON': () => token('{', claims()),
  'alg none': () => token(header({ alg: 'none' }), claims()),
  HS256: () => token(header({ alg: 'HS256' }), claims()),
  'a kid that nobody has': () => token(header({ kid: 'k' }), claims()),
  crit: () => token(header({ crit: ['exp'], exp: 1 }), claims()),
  'a stranger’s signature': () => token(header(), claims(), strangerKey),
  'a cut signature': () => good().slice(0, -8),
  'an empty signature': () => good().replace(/[^.]+$/, ''),
  'another kind of token': () => token(header({ typ: 'JWT' }), claims()),
  'claims that are no JSON': () => token(header(), '{'),
  'a claim twice': () => token(header(), JSON.stringify(claims()).replace('{', '{"role":"operator",')),
  ended: () => token(header(), claims({ exp: now() - 1 })),
  'not begun': () => token(header(), claims({ nbf: now() + 30 })),
  'another issuer': () => token(header(), claims({ iss: 'https://issuer.example' })),
  'another audience': () => token(header(), claims({ aud: 'billing' })),
  'two audiences': () => token(header(), claims({ aud: [AUDIENCE, 'billing'] })),
  'no tenant': () => token(header(), claims({ tenant: undefined })),
  'the reserved tenant': () => token(header(), claims({ tenant: 'system' })),
  'a role that is not held': () => token(header(), claims({ role: 'operator' })),
};

/** All that a caller gets of a refusal, byte for byte; the date is the hour's, not the token's. */
const answerTo = async (bearer: string): Promise<Readonly<Record<string, unknown>>> => {
  const path = memberV1.MemberServiceService.registerMember.path;
  const headers = { authorization: `Bearer ${bearer}` };
  const end = await rawEnd({ url: server.url, path, headers, body: framed(Buffer.alloc(0)), end: true });
  return Object.fromEntries(Object.entries(end).filter(([name]) => name !== 'date'));
};

it('F08 every refusal of a token is the same answer, byte for byte: status, message, details', async () => {
  const first = await answerTo('x');
  expect(Number(first['grpc-status'])).toBe(status.UNAUTHENTICATED);
  expect(first['grpc-message']).toBe('TOKEN_INVALID');
  expect(first).toHaveProperty('grpc-status-details-bin');
  for (const [name, make] of Object.entries(refusals))
    expect([name, await answerTo(make())]).toEqual([name, first]);
  expect(await answerTo(good())).not.toMatchObject({ 'grpc-status': first['grpc-status'] });
});

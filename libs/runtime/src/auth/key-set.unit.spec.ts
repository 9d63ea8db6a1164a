import { generateKeyPairSync } from 'node:crypto';
import { jest } from '@jest/globals';
import type { JSONWebKeySet, JWK } from 'jose';
import {
  answerTo,
  notRefused,
  signingInput,
  smallOrderPoints,
  testIssuer,
  TOKEN_REFUSED,
  withSignature,
} from '@lacuna/testing';
import { localKeySet, remoteKeySet, type KeySet, type RemoteKeySetOptions } from './key-set.js';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.js';

const issuer = testIssuer();
const next = testIssuer('k2');
const verifierOf = (keys: KeySet): TokenVerifier =>
  createTokenVerifier({ keys, issuer: issuer.name, audience: issuer.audience });
const without = (key: JWK, ...names: readonly string[]): JWK =>
  Object.fromEntries(Object.entries(key).filter(([name]) => !names.includes(name)));
const setOf = (...keys: readonly JWK[]): JSONWebKeySet => ({ keys: [...keys] });

describe('F08 a key refuses that is not the issuer’s Ed25519 key for signatures', () => {
  const publicJwk = (kind: 'ed448' | 'x25519'): JWK =>
    // The two generators differ in nothing but the kind.
    (kind === 'ed448' ? generateKeyPairSync('ed448') : generateKeyPairSync('x25519')).publicKey.export({
      format: 'jwk',
    });
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) as JWK;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }) as JWK;
  const { jwk, kid } = issuer;
  const unsuitable: Readonly<Record<string, readonly JWK[]>> = {
    'no key at all': [],
    'P-256 under its kid': [{ ...p256, kid }],
    'P-256 that says EdDSA': [{ ...p256, kid, alg: 'EdDSA' }],
    'RSA under its kid': [{ ...rsa, kid }],
    'Ed448 under its kid': [{ ...publicJwk('ed448'), kid }],
    'X25519 under its kid': [{ ...publicJwk('x25519'), kid }],
    'its x as X25519': [{ ...jwk, crv: 'X25519' }],
    'its x as a secret': [{ kty: 'oct', k: jwk.x, kid, alg: 'EdDSA' }],
    'for encryption': [{ ...jwk, use: 'enc' }],
    'for signing, not for checking': [{ ...without(jwk, 'use'), key_ops: ['sign'] }],
    'for another algorithm': [{ ...jwk, alg: 'ES256' }],
    'another curve’s name': [{ ...jwk, crv: 'ed25519' }],
    'x missing': [without(jwk, 'x')],
    'x empty': [{ ...jwk, x: '' }],
    'x too short': [{ ...jwk, x: jwk.x.slice(0, -4) }],
    'x too long': [{ ...jwk, x: `${jwk.x}AAAA` }],
    'x no text': [{ ...jwk, ...(JSON.parse('{"x":1}') as object) }],
    'a private key in public': [issuer.key.export({ format: 'jwk' }) as JWK].map((own) => ({ ...own, kid })),
    'two keys of one kid': [jwk, { ...next.jwk, kid }],
    'the key twice': [jwk, jwk],
  };

  it.each(Object.keys(unsuitable))('%s', async (name) => {
    const keys = { keys: unsuitable[name]!.map((key) => ({ ...key })) };
    expect(await answerTo(verifierOf(localKeySet(keys)), issuer.token())).toBe(TOKEN_REFUSED);
    const remote = remoteKeySet(new URL('https://issuer.example/jwks'), {
      fetch: () => Promise.resolve(new Response(JSON.stringify(keys))),
    });
    expect(await answerTo(verifierOf(remote), issuer.token())).toBe(TOKEN_REFUSED);
  });

  it('but lets in by the right one, beside keys of other kinds under the same kid', async () => {
    const keys = setOf(
      { ...p256, kid },
      { ...publicJwk('ed448'), kid },
      { ...rsa, kid },
      { ...jwk, ext: false },
    );
    expect(await answerTo(verifierOf(localKeySet(keys)), issuer.token())).toBe('let in');
  });

  it('a point of small order, under which nobody needs a private key', async () => {
    // R the neutral point, S zero: S B = R + h A holds wherever the hash h is a multiple of A's order.
    const anybodys = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]);
    const points = smallOrderPoints().map((point) => point.toString('base64url'));
    expect(new Set(points).size).toBe(14);
    for (const x of points) {
      const tokens = Array.from({ length: 40 }, (_, nonce) =>
        withSignature(signingInput(issuer.header(), issuer.claims({ nonce })), anybodys),
      );
      const verifier = verifierOf(localKeySet(setOf({ ...jwk, x })));
      expect(await notRefused(verifier, Object.fromEntries(tokens.map((token) => [token, token])))).toEqual(
        [],
      );
    }
  });
});

describe('F08 a key that its issuer withdraws', () => {
  const REFRESH = 600_000;
  let answer: () => Response;
  let asked: number;
  const publish = (...keys: readonly JWK[]): void => {
    answer = () => new Response(JSON.stringify({ keys }), { status: 200 });
  };
  const remote = (options: RemoteKeySetOptions = {}): TokenVerifier =>
    verifierOf(
      remoteKeySet(new URL('https://issuer.example/jwks'), {
        refreshMs: REFRESH,
        fetch: () => {
          asked += 1;
          return Promise.resolve(answer());
        },
        ...options,
      }),
    );
  const hourly = (): string => issuer.token({ exp: Math.floor(Date.now() / 1_000) + 36_000 });

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    asked = 0;
    publish(issuer.jwk, next.jwk);
  });
  afterEach(() => jest.useRealTimers());

  it('takes its tokens with it when the set’s age has passed, those verified a moment before too', async () => {
    const verifier = remote();
    const [early, late] = [hourly(), hourly()];
    expect(await answerTo(verifier, early)).toBe('let in');
    publish(next.jwk);
    jest.advanceTimersByTime(REFRESH - 1_000);
    // The set is not old yet: this is the time that `refreshMs` states.
    expect(await answerTo(verifier, late)).toBe('let in');
    expect(asked).toBe(1);
    jest.advanceTimersByTime(1_000);
    expect(await answerTo(verifier, late)).toBe(TOKEN_REFUSED);
    expect(await answerTo(verifier, early)).toBe(TOKEN_REFUSED);
    expect(asked).toBe(2);
    expect(await answerTo(verifier, next.token())).toBe('let in');
  });

  it('takes them at once when the set was fetched again for another reason', async () => {
    const verifier = remote();
    const token = hourly();
    expect(await answerTo(verifier, token)).toBe('let in');
    expect(await answerTo(verifier, token)).toBe('let in');
    const third = testIssuer('k3');
    publish(next.jwk, third.jwk);
    jest.advanceTimersByTime(31_000);
    expect(await answerTo(verifier, token)).toBe('let in');
    expect(await answerTo(verifier, third.token())).toBe('let in');
    expect(asked).toBe(2);
    expect(await answerTo(verifier, token)).toBe(TOKEN_REFUSED);
  });

  it('takes them also where the set is empty, and gives none back while the endpoint is down after that', async () => {
    const verifier = remote();
    const token = hourly();
    expect(await answerTo(verifier, token)).toBe('let in');
    publish();
    jest.advanceTimersByTime(REFRESH);
    expect(await answerTo(verifier, token)).toBe(TOKEN_REFUSED);
    answer = () => new Response('', { status: 503 });
    jest.advanceTimersByTime(REFRESH);
    expect(await answerTo(verifier, token)).toBe(TOKEN_REFUSED);
  });

  it('is not kept a moment longer by tokens that name a broken key of the set: that is no outage', async () => {
    const broken: JWK = { ...testIssuer('broken').jwk, x: 'AAAA' };
    publish(issuer.jwk, broken);
    const verifier = remote();
    const token = hourly();
    expect(await answerTo(verifier, token)).toBe('let in');
    publish(broken);
    jest.advanceTimersByTime(REFRESH - 1_000);
    expect(await answerTo(verifier, testIssuer('broken').token())).toBe(TOKEN_REFUSED);
    jest.advanceTimersByTime(1_000);
    expect(await answerTo(verifier, token)).toBe(TOKEN_REFUSED);
  });

  it('G07 goes on during an outage until the bridge ends', async () => {
    const verifier = remote({ bridgeMs: 3_600_000 });
    const token = hourly();
    expect(await answerTo(verifier, token)).toBe('let in');
    answer = () => new Response('', { status: 503 });
    jest.advanceTimersByTime(REFRESH);
    for (let call = 0; call < 5; call += 1) expect(await answerTo(verifier, token)).toBe('let in');
    expect(asked).toBe(2);
    jest.advanceTimersByTime(3_600_000);
    expect(await answerTo(verifier, token)).toContain('KEYS_UNAVAILABLE');
  });
});

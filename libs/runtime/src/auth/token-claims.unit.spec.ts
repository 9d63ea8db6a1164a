import fc from 'fast-check';
import { answerTo, notRefused, signedToken, testIssuer, TOKEN_REFUSED } from '@lacuna/testing';
import { localKeySet } from './key-set.js';
import { createTokenVerifier } from './token-verifier.js';

const issuer = testIssuer();
const verifier = createTokenVerifier({
  keys: localKeySet({ keys: [issuer.jwk] }),
  issuer: issuer.name,
  audience: issuer.audience,
});
const now = (): number => Math.floor(Date.now() / 1_000);

/** Tokens of the issuer in which one claim is something else, by what it is. */
const withClaim = (name: string, values: readonly unknown[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    values.map((value) => [
      `${name} ${value === undefined ? 'missing' : JSON.stringify(value)}`,
      issuer.token({ [name]: value }),
    ]),
  );

/** What no claim of ours may be, whichever it is. */
const NEVER = [null, true, false, {}, { $ne: null }, [[]], [null], [0], -1, 0.5];

const LONG = 'a'.repeat(201);
const ROLE = ['Operator', 'customer_service', 'customer-service ', '-', '1role', 'a'.repeat(64), 'роль', ''];

describe('F08 a claim refuses, signed by the issuer as it is', () => {
  it.each<[string, readonly unknown[]]>([
    [
      'iss',
      [
        undefined,
        '',
        'https://issuer.example/',
        'HTTPS://issuer.example',
        'https://issuer.example ',
        ['https://issuer.example'],
        1,
      ],
    ],
    [
      'aud',
      [
        undefined,
        '',
        [],
        'LACUNA',
        'lacuna ',
        'lacuna,billing',
        'lacun',
        'lacuna2',
        '*',
        1,
        ['billing', 'lacuna'],
        ['lacuna', 'lacuna'],
        ['lacuna', ''],
        ['lacuna', 1],
        [['lacuna']],
        { 0: 'lacuna', length: 1 },
      ],
    ],
    [
      'exp',
      [undefined, '', '9999999999', 'tomorrow', [9_999_999_999], 0, 1, now() - 86_400, now() - 1, now()],
    ],
    ['nbf', [now() + 5, now() + 86_400, 9e15, '0', '', 'now', [0]]],
    ['iat', [undefined, '', '0', [0], now() + 3_600, now() * 1_000, 9e15]],
    ['sub', [undefined, '', ' ', 'clerk 17', 'clerk\n17', 'clerk\u007f', '客服', LONG, 17, ['clerk-17']]],
    [
      'tenant',
      [
        undefined,
        '',
        'system',
        'Car-club',
        'car_club',
        'car-club ',
        'car-club.x',
        '../x',
        '%',
        'a'.repeat(64),
        '1club',
        '-club',
        'саr-club',
        1,
        ['car-club'],
      ],
    ],
    ['role', [undefined, 'operator', 'management', ['customer-service'], 1, ...ROLE]],
    [
      'roles',
      [
        undefined,
        '',
        'customer-service',
        [],
        ['management'],
        { 0: 'customer-service', length: 1 },
        [['customer-service']],
        ['customer-service', 1],
        ['customer-service', null],
        ['customer-service', { role: 'operator' }],
        Array.from({ length: 33 }, () => 'customer-service'),
        1,
        ...ROLE.map((role) => ['customer-service', role]),
      ],
    ],
    ['client_id', ['', ' ', 'crm 1', 'crm\n', '客户', LONG, 1, ['crm']]],
    [
      'member_id',
      [
        '',
        '*',
        '7b0f3c52-6f0e-4c1c-9a43-0a6d8b9f6b1',
        '7B0F3C52-6F0E-4C1C-9A43-0A6D8B9F6B11',
        '{7b0f3c52-6f0e-4c1c-9a43-0a6d8b9f6b11}',
        '7b0f3c526f0e4c1c9a430a6d8b9f6b11',
        '7b0f3c52-6f0e-4c1c-9a43-0a6d8b9f6b11 ',
        1,
        [],
      ],
    ],
  ])('%s', async (name, values) => {
    const never = NEVER.filter((value) => !MAY.some(([claim, kind]) => claim === name && kind(value)));
    expect(await notRefused(verifier, withClaim(name, [...values, ...never]))).toEqual([]);
  });

  /** What `NEVER` holds and a claim may be: a time is any number that lies right, a client that is null is not named. */
  const MAY: readonly (readonly [string, (value: unknown) => boolean])[] = [
    ['nbf', (value) => typeof value === 'number'],
    ['iat', (value) => typeof value === 'number'],
    ['client_id', (value) => value === null],
  ];

  it('numbers that JSON can write and no clock can reach', async () => {
    const text = JSON.stringify(issuer.claims());
    const timed = (name: string, number: string): string =>
      signedToken(
        issuer.header(),
        text.replace(new RegExp(`"${name}":\\d+`), `"${name}":${number}`),
        issuer.key,
      );
    expect(await answerTo(verifier, timed('exp', String(now() + 9)))).toBe('let in');
    expect(
      await notRefused(verifier, {
        'no end': timed('exp', '1e999'),
        'ended for ever': timed('exp', '-1e999'),
        'issued at the end of time': timed('iat', '1e999'),
        'two numbers': timed('exp', '9999999999 9999999999'),
        hexadecimal: timed('exp', '0xffffffff'),
      }),
    ).toEqual([]);
  });

  it('an ID token, a refresh token, a logout token of the same issuer, whatever else they have', async () => {
    const kinds: Readonly<Record<string, readonly [object, object]>> = {
      'an ID token': [{ typ: 'JWT' }, { nonce: 'n', auth_time: now(), acr: '1', azp: 'crm' }],
      'an ID token without a type': [{ typ: undefined }, { nonce: 'n', at_hash: 'x' }],
      'a logout token': [
        { typ: 'logout+jwt' },
        { events: { 'http://schemas.openid.net/event/backchannel-logout': {} }, sid: 's' },
      ],
      'a refresh token': [{ typ: 'rt+jwt' }, { scope: 'offline_access' }],
      'a proof of possession': [
        { typ: 'dpop+jwt', jwk: issuer.jwk },
        { htm: 'POST', htu: 'https://x', jti: 'j' },
      ],
    };
    const tokens = Object.entries(kinds).map(([name, [header, claims]]) => [
      name,
      issuer.token(claims, header),
    ]);
    expect(await notRefused(verifier, Object.fromEntries(tokens) as Record<string, string>)).toEqual([]);
  });

  it('any claim taken out of a token that needs it, alone and with any others', async () => {
    const needed = ['iss', 'aud', 'exp', 'iat', 'sub', 'tenant', 'role', 'roles'];
    await fc.assert(
      fc.asyncProperty(fc.subarray(needed, { minLength: 1 }), async (names) => {
        const without = Object.fromEntries(names.map((name) => [name, undefined]));
        expect(await answerTo(verifier, issuer.token(without))).toBe(TOKEN_REFUSED);
      }),
      { numRuns: 100, examples: needed.map((name) => [[name]]) },
    );
  });

  it('any JSON value that is no object in place of the claims', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue().filter((value) => typeof value !== 'object' || value === null || Array.isArray(value)),
        async (value) => {
          const token = signedToken(issuer.header(), JSON.stringify(value), issuer.key);
          expect(await answerTo(verifier, token)).toBe(TOKEN_REFUSED);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('F08 the line runs where it is said to run', () => {
  it('a token is good to the second before it ends, and its issuer’s clock may run a minute ahead', async () => {
    for (const claims of [
      { exp: now() + 2 },
      { nbf: now() },
      { iat: now() + 50 },
      { aud: [issuer.audience] },
      { client_id: undefined },
      { sub: 'a'.repeat(200) },
      { tenant: 'a'.repeat(63) },
      { roles: ['customer-service', ...Array.from({ length: 31 }, (_, index) => `role-${index}`)] },
    ])
      expect([claims, await answerTo(verifier, issuer.token(claims))]).toEqual([claims, 'let in']);
  });
});

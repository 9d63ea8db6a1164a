import { answerTo, notRefused, signedToken, testIssuer, type TokenPart } from '@lacuna/testing';
import { localKeySet } from './key-set.js';
import { createTokenVerifier } from './token-verifier.js';

const issuer = testIssuer();
const verifier = createTokenVerifier({
  keys: localKeySet({ keys: [issuer.jwk] }),
  issuer: issuer.name,
  audience: issuer.audience,
});

/** Signed by the issuer itself, whatever the two parts are: nothing but the parts can be refused. */
const signed = (header: TokenPart, payload: TokenPart): string => signedToken(header, payload, issuer.key);
const headed = (more: object): string => issuer.token({}, more);
const json = (value: object): string => JSON.stringify(value);
const refused = (tokens: Readonly<Record<string, string>>) => notRefused(verifier, tokens);

/** A good token whose signature has both letters that base64url writes in another way than base64. */
const twoLettered = (): string => {
  for (let n = 0; ; n += 1) {
    const token = issuer.token({ jti: String(n) });
    const signature = token.split('.')[2] ?? '';
    if (signature.includes('-') && signature.includes('_')) return token;
  }
};

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same bytes, in other last letters: the bits that no byte takes up. */
const sloppyEnds = (part: string): readonly string[] =>
  Array.from(LETTERS, (letter) => part.slice(0, -1) + letter).filter(
    (other) => other !== part && Buffer.from(other, 'base64url').equals(Buffer.from(part, 'base64url')),
  );

describe('F08 a text refuses that is not the one way to write a token', () => {
  const good = twoLettered();
  const parts = good.split('.');
  const [head = '', body = '', tail = ''] = parts;

  it('the token itself is good', async () => {
    expect(await answerTo(verifier, good)).toBe('let in');
  });

  it('padding, the letters of base64, bits that no byte takes up', async () => {
    const replaced = (which: number, text: string): string =>
      parts.map((part, index) => (index === which ? text : part)).join('.');
    const tokens = Object.fromEntries(
      parts.flatMap((part, which): readonly [string, string][] => [
        ...['=', '==', '===', '%3D', 'A===', 'A'].map((end): [string, string] => [
          `${which}${end}`,
          replaced(which, part + end),
        ]),
        ...sloppyEnds(part).map((other): [string, string] => [
          `${which} ends ${other.at(-1) ?? ''}`,
          replaced(which, other),
        ]),
        [`${which} backwards`, replaced(which, Array.from(part).reverse().join(''))],
        [`${which} in base64 again`, replaced(which, Buffer.from(part).toString('base64url'))],
      ]),
    );
    expect(sloppyEnds(tail)).toHaveLength(15);
    const plus = `${head}.${body}.${tail.replaceAll('-', '+')}`;
    const slash = `${head}.${body}.${tail.replaceAll('_', '/')}`;
    const both = `${head}.${body}.${tail.replaceAll('-', '+').replaceAll('_', '/')}`;
    expect(await refused({ ...tokens, plus, slash, both })).toEqual([]);
  });

  it('letters of any kind put in at any of a dozen places', async () => {
    const strange = [
      ' ',
      '\t',
      '\n',
      '\r\n',
      '\0',
      '=',
      '.',
      ',',
      '"',
      '~',
      '\u00a0',
      '\u200b',
      '\ufeff',
      '．',
      'é',
    ];
    const places = [
      0,
      1,
      head.length,
      head.length + 1,
      head.length + body.length + 1,
      good.length - 1,
      good.length,
    ];
    const tokens = Object.fromEntries(
      strange.flatMap((text) =>
        places.map((at) => [`${JSON.stringify(text)} at ${at}`, good.slice(0, at) + text + good.slice(at)]),
      ),
    );
    expect(Object.keys(tokens)).toHaveLength(105);
    expect(await refused(tokens)).toEqual([]);
  });

  it('dots doubled, parts empty, missing, too many, in another order', async () => {
    const emptied = [1, 2, 3, 4, 5, 6, 7].map((mask) =>
      parts.map((part, index) => ((mask >> index) & 1 ? '' : part)).join('.'),
    );
    const orders = [
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
      [0, 0, 2],
      [0, 1, 1],
      [1, 1, 2],
    ].map((order) => order.map((index) => parts[index]).join('.'));
    const others = [
      '.',
      '..',
      '...',
      '....',
      head,
      `${head}.`,
      `.${good}`,
      `${good}.`,
      `${good}..`,
      `${good}.${tail}`,
      `${good}.${good}`,
      `${good},${good}`,
      `${head}..${body}.${tail}`,
      `${head}.${body}..${tail}`,
      `${head}.${body}.${tail}.${head}.${body}`,
      good.replaceAll('.', '%2E'),
      good.replaceAll('.', ' '),
    ];
    const all = [...emptied, ...orders, ...others];
    expect(await refused(Object.fromEntries(all.map((token, at) => [`${at} ${token}`, token])))).toEqual([]);
  });

  it('the token in another wrapping', async () => {
    const general = { payload: body, signatures: [{ protected: head, signature: tail }] };
    expect(
      await refused({
        'flattened JSON': json({ payload: body, protected: head, signature: tail }),
        'general JSON': json(general),
        'JSON text': JSON.stringify(good),
        base64url: Buffer.from(good).toString('base64url'),
        'with its scheme': `Bearer ${good}`,
        'small letters': good.toLowerCase(),
        'large letters': good.toUpperCase(),
        'a token in a token': signed(issuer.header({ cty: 'JWT' }), good),
      }),
    ).toEqual([]);
  });
});

describe('F08 a header refuses, signed by the issuer as it is', () => {
  it.each<readonly [string, readonly unknown[]]>([
    [
      'alg',
      [
        'none',
        'NONE',
        '',
        'eddsa',
        'EDDSA',
        'Eddsa',
        'EdDSA ',
        ' EdDSA',
        'EdDSA\0',
        'Ed25519',
        'Ed448',
        'ED25519',
        'ES256',
        'ES256K',
        'ES384',
        'RS256',
        'PS512',
        'HS256',
        'HS512',
        'ML-DSA-44',
        'A128GCM',
        'dir',
        'constructor',
        '__proto__',
        0,
        1,
        -8,
        256,
        null,
        true,
        false,
        [],
        ['EdDSA'],
        {},
        { alg: 'EdDSA' },
        undefined,
      ],
    ],
    [
      'kid',
      ['', 'K1', 'k1 ', ' k1', 'k1\0', 'k', '__proto__', 'constructor', 0, 1, null, true, [], ['k1'], {}],
    ],
    [
      'typ',
      [
        '',
        'jwt',
        'JOSE',
        'JOSE+JSON',
        'at',
        'at_jwt',
        'at+jwt ',
        'at+jwt;v=1',
        'id+jwt',
        'id_token+jwt',
        'rt+jwt',
        'logout+jwt',
        'dpop+jwt',
        'secevent+jwt',
        'token-introspection+jwt',
        'entity-statement+jwt',
        'kb+jwt',
        'vc+sd-jwt',
        'wallet-attestation+jwt',
        'text/at+jwt',
        'at+jwt/at+jwt',
        0,
        1,
        null,
        true,
        [],
        ['at+jwt'],
        {},
      ],
    ],
    [
      'crit',
      [
        [],
        ['alg'],
        ['kid'],
        ['crit'],
        ['b64'],
        ['exp', 'exp'],
        [''],
        [1],
        [null],
        'exp',
        '',
        0,
        true,
        null,
        {},
      ],
    ],
    ['b64', [true, false, 0, 1, 'false', '', null, [], {}]],
    ['zip', ['DEF', 'GZIP', '', null, false, 0, [], {}]],
  ])('%s', async (name, values) => {
    const tokens = values.map((value) => [`${name} ${JSON.stringify(value)}`, headed({ [name]: value })]);
    // Ours is the one key that could be meant where nothing is said, so that a kid may be left out.
    expect(await refused(Object.fromEntries(tokens) as Record<string, string>)).toEqual([]);
  });

  it('crit together with what it names, understood by somebody or not', async () => {
    const pairs = [
      { crit: ['b64'], b64: true },
      { crit: ['exp'], exp: 9e9 },
      { crit: ['http://example.com/UNDEFINED'], 'http://example.com/UNDEFINED': true },
      { crit: ['zip'], zip: 'DEF' },
      { crit: ['b64', 'b64'], b64: true },
      { crit: ['jwk'], jwk: issuer.jwk },
    ];
    expect(await refused(Object.fromEntries(pairs.map((pair) => [json(pair), headed(pair)])))).toEqual([]);
  });
});

const BOM = '\ufeff';

/** Texts that are no JSON object, or one that two readers could read in two ways; `repeat` has a name twice. */
const strangeTexts = (
  text: string,
  repeats: Readonly<Record<string, string>>,
): Readonly<Record<string, TokenPart>> => ({
  ...repeats,
  'a byte order mark before it': BOM + text,
  'a byte order mark after it': text + BOM,
  'UTF-16': Buffer.from(text, 'utf16le'),
  'UTF-16 with its mark': Buffer.from(BOM + text, 'utf16le'),
  'bytes that are no UTF-8': Buffer.concat([
    Buffer.from(`${text.slice(0, -1)},"x":"`),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('"}'),
  ]),
  'overlong UTF-8': Buffer.concat([
    Buffer.from(`${text.slice(0, -1)},"x":"`),
    Buffer.from([0xc0, 0xaf]),
    Buffer.from('"}'),
  ]),
  'a NUL after it': `${text}\0`,
  'a form feed before it': `\f${text}`,
  'a no-break space before it': `\u00a0${text}`,
  'a second object after it': `${text}{}`,
  'itself twice': text + text,
  'its end missing': text.slice(0, -1),
  'its start missing': text.slice(1),
  'a comma too many': `${text.slice(0, -1)},}`,
  'a comment': `${text.slice(0, -1)}/* */}`,
  'single quotes': text.replaceAll('"', "'"),
  'names without quotes': text.replaceAll(/"(\w+)":/g, '$1:'),
  'a raw line feed in a text': `${text.slice(0, -1)},"x":"\n"}`,
  NaN: `${text.slice(0, -1)},"x":NaN}`,
  'a number with a leading zero': `${text.slice(0, -1)},"x":01}`,
  'in a list': `[${text}]`,
  'in a text': JSON.stringify(text),
  'an empty list': '[]',
  'a text': '"EdDSA"',
  'a number': '1',
  null: 'null',
  true: 'true',
  'a space': ' ',
  'an object in an object of the same name twice': `${text.slice(0, -1)},"x":{"y":[{"z":1,"z":1}]}}`,
});

describe('F08 JSON refuses that is none, or that two programs could read in two ways', () => {
  const headerText = json(issuer.header());
  const claimsText = json(issuer.claims());
  const first = (text: string, member: string): string => `{${member},${text.slice(1)}`;
  const last = (text: string, member: string): string => `${text.slice(0, -1)},${member}}`;

  it('as a header', async () => {
    const texts = strangeTexts(headerText, {
      'alg none, then EdDSA': first(headerText, '"alg":"none"'),
      'alg EdDSA, then none': last(headerText, '"alg":"none"'),
      'alg EdDSA twice': first(headerText, '"alg":"EdDSA"'),
      'another kid first': first(headerText, '"kid":"k2"'),
      'an ID token’s type first': first(headerText, '"typ":"JWT"'),
      'alg again, its name escaped': first(headerText, String.raw`"\u0061lg":"none"`),
    });
    const tokens = Object.entries(texts).map(([name, text]) => [name, signed(text, claimsText)] as const);
    expect(await refused(Object.fromEntries(tokens))).toEqual([]);
  });

  it('as claims', async () => {
    const repeats = ['exp', 'iat', 'iss', 'aud', 'sub', 'tenant', 'role', 'roles', 'client_id'].map(
      (name): [string, string] => {
        const member = `"${name}":${JSON.stringify((issuer.claims() as Record<string, unknown>)[name])}`;
        return [`${name} twice`, first(claimsText, member)];
      },
    );
    const texts = strangeTexts(claimsText, {
      ...Object.fromEntries(repeats),
      'another tenant first': first(claimsText, '"tenant":"other-club"'),
      'a higher role first': first(claimsText, '"role":"operator"'),
      'no end, then one': first(claimsText, '"exp":9999999999'),
      'tenant again, its name escaped': first(claimsText, String.raw`"ten\u0061nt":"other-club"`),
    });
    const tokens = Object.entries(texts).map(([name, text]) => [name, signed(issuer.header(), text)]);
    expect(await refused(Object.fromEntries(tokens) as Record<string, string>)).toEqual([]);
  });

  it('white space and the order of names are the issuer’s (RFC 7519 section 3.1 has both), and so are values that look alike', async () => {
    const spaced = JSON.stringify(issuer.header(), null, 2).replaceAll('\n', '\r\n');
    const claims = issuer.claims({
      note: String.raw`a "name": {"name": \ `,
      list: [{ a: 1 }, { a: 1 }],
      deep: { sub: 1, tenant: 'x' },
    });
    const text = JSON.stringify(claims, null, 1);
    expect(await answerTo(verifier, signed(spaced, text))).toBe('let in');
  });
});

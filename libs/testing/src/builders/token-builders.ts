import { generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto';

/** A token's own parts as bytes or text; an object is written as JSON, a member that is `undefined` left out. */
export type TokenPart = object | string | Buffer;

/** An issuer whose private key a test holds: what it signs is sound in every respect but the one under test. */
export type TestIssuer = Readonly<{
  name: string;
  audience: string;
  kid: string;
  /** The public key as it stands in a key set. */
  jwk: Readonly<{ kty: string; crv: string; x: string; kid: string; alg: string; use: string }>;
  key: KeyObject;
  header: (more?: object) => object;
  /** Claims of a customer-service clerk's token, good for a minute. */
  claims: (more?: object) => object;
  /** A good token, or one that differs from it in what is given. */
  token: (claims?: object, header?: object) => string;
}>;

const bytesOf = (part: TokenPart): Buffer => {
  if (Buffer.isBuffer(part)) return part;
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part));
};

/** What a signature is made of: the two parts as a token carries them. */
export const signingInput = (header: TokenPart, payload: TokenPart): string =>
  `${bytesOf(header).toString('base64url')}.${bytesOf(payload).toString('base64url')}`;

export const withSignature = (input: string, signature: Uint8Array): string =>
  `${input}.${Buffer.from(signature).toString('base64url')}`;

/** A token with a sound Ed25519 signature of `key`, whatever its parts are. */
export const signedToken = (header: TokenPart, payload: TokenPart, key: KeyObject): string => {
  const input = signingInput(header, payload);
  return withSignature(input, signBytes(null, Buffer.from(input), key));
};

export const testIssuer = (kid = 'k1'): TestIssuer => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const name = 'https://issuer.example';
  const audience = 'lacuna';
  const header = (more: object = {}): object => ({ alg: 'EdDSA', typ: 'at+jwt', kid, ...more });
  const claims = (more: object = {}): object => {
    const now = Math.floor(Date.now() / 1_000);
    return {
      iss: name,
      aud: audience,
      sub: 'clerk-17',
      tenant: 'car-club',
      role: 'customer-service',
      roles: ['customer-service'],
      client_id: 'crm',
      iat: now,
      exp: now + 60,
      ...more,
    };
  };
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    name,
    audience,
    kid,
    jwk: { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' },
    key: privateKey,
    header,
    claims,
    token: (more = {}, moreHeader = {}) => signedToken(header(moreHeader), claims(more), privateKey),
  };
};

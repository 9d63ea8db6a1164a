import { createHash } from 'node:crypto';
import { base64url, jwtVerify, type JWTPayload, type JWTVerifyResult } from 'jose';
import { AuthError } from './auth-error.js';
import { identityOfClaims, REQUIRED_CLAIMS, type Identity } from './identity.js';
import { isPlainJson } from './json-text.js';
import type { KeySet } from './key-set.js';

export type TokenVerifierOptions = Readonly<{
  keys: KeySet;
  issuer: string;
  audience: string;
  /** For an issuer whose clock runs ahead or behind; at most 60, and none unless it is said. */
  leewaySeconds?: number;
}>;

/** Tells who calls, or throws `AuthError`. Judges by the machine's clock, never by the business clock. */
export interface TokenVerifier {
  verify(token: string): Promise<Identity>;
}

const MAX_LEEWAY_SECONDS = 60;
const MAX_TOKEN_LENGTH = 8_192;
const MEMORY_MS = 30_000;
const MEMORY_SIZE = 10_000;

// EdDSA and nothing else: an allow-list, so that neither `none` nor an HMAC made with a public key is ever tried.
const ALGORITHMS = ['EdDSA'];

// RFC 9068: an ID token of the same issuer is no access token.
const TOKEN_TYPE = 'at+jwt';

// Each says that the text is to be read in another way than a signed JSON text is: no access token has any of them.
const FOREIGN_HEADERS = ['crit', 'b64', 'zip'];

type Remembered = Readonly<{ identity: Identity; keys: object; until: number }>;

/**
 * Verified tokens for a short while: a signature check costs more than most commands. Never past a token's expiry, and
 * never past the keys it was verified by: one that is withdrawn takes its tokens with it.
 */
class VerifiedTokens {
  private readonly entries = new Map<string, Remembered>();

  find(digest: string, keys: object | null): Identity | undefined {
    const found = this.entries.get(digest);
    if (found !== undefined && found.keys === keys && found.until > Date.now()) return found.identity;
    this.entries.delete(digest);
    return undefined;
  }

  remember(digest: string, { identity, keys, until }: Remembered): void {
    if (this.entries.size >= MEMORY_SIZE) this.forgetOldest();
    this.entries.set(digest, { identity, keys, until: Math.min(until, Date.now() + MEMORY_MS) });
  }

  private forgetOldest(): void {
    const [oldest] = this.entries.keys();
    if (oldest !== undefined) this.entries.delete(oldest);
  }
}

// One token, one text: jose also reads padded and sloppy base64url.
const isCompact = (token: string): boolean => {
  const parts = token.split('.');
  return (
    parts.length === 3 &&
    parts.every((part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part)
  );
};

// A token meant for several audiences could be replayed here by any of them.
const hasSoleAudience = (claims: JWTPayload, audience: string): boolean => {
  const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  return audiences.length === 1 && audiences[0] === audience;
};

// An issuer's clock may run a little ahead of this one; a token from next week, or without end (1e999), comes from no clock.
const isOfThisTime = ({ iat, exp }: JWTPayload): boolean =>
  typeof iat === 'number' && iat <= Date.now() / 1_000 + MAX_LEEWAY_SECONDS && Number.isFinite(exp);

// Asked only of what the issuer signed, so that nothing here tells a forger anything.
const isReadOneWay = (token: string, { protectedHeader }: JWTVerifyResult): boolean =>
  FOREIGN_HEADERS.every((name) => !Object.hasOwn(protectedHeader, name)) &&
  token.split('.', 2).every((part) => isPlainJson(base64url.decode(part)));

const verifyClaims = async (token: string, options: TokenVerifierOptions): Promise<JWTPayload> => {
  try {
    const verified = await jwtVerify(token, options.keys, {
      algorithms: ALGORITHMS,
      typ: TOKEN_TYPE,
      issuer: options.issuer,
      audience: options.audience,
      requiredClaims: [...REQUIRED_CLAIMS],
      clockTolerance: options.leewaySeconds ?? 0,
    });
    const claims = verified.payload;
    if (!isReadOneWay(token, verified) || !hasSoleAudience(claims, options.audience) || !isOfThisTime(claims))
      throw new AuthError('TOKEN_INVALID');
    return claims;
  } catch (error) {
    if (error instanceof AuthError) throw error;
    throw new AuthError('TOKEN_INVALID', { cause: error });
  }
};

/**
 * Verifies access tokens (RFC 9068, EdDSA). A header decides nothing but which of the issuer's keys is tried:
 * `jku`, `jwk`, `x5u` and `x5c` are not looked at, a `kid` is compared and never resolved.
 */
export const createTokenVerifier = (options: TokenVerifierOptions): TokenVerifier => {
  if ((options.leewaySeconds ?? 0) > MAX_LEEWAY_SECONDS) throw new RangeError('leeway is at most 60 seconds');
  const verified = new VerifiedTokens();
  return {
    async verify(token) {
      if (token.length > MAX_TOKEN_LENGTH) throw new AuthError('TOKEN_INVALID');
      const digest = createHash('sha256').update(token).digest('base64');
      // As they stand before the check: were they others after it, the check would say nothing about those.
      const keys = options.keys.current();
      const known = verified.find(digest, keys);
      if (known !== undefined) return known;
      if (!isCompact(token)) throw new AuthError('TOKEN_INVALID');
      const claims = await verifyClaims(token, options);
      const identity = identityOfClaims(claims);
      if (keys !== null) verified.remember(digest, { identity, keys, until: (claims.exp ?? 0) * 1_000 });
      return identity;
    },
  };
};

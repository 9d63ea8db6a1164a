import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  jwksCache,
  type CryptoKey,
  type ExportedJWKSCache,
  type FetchImplementation,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWKSCacheInput,
  type JWTHeaderParameters,
} from 'jose';
import { AuthError } from './auth-error.js';

type FindKey = (header?: JWTHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

/** Finds the key that a token's header names, among the issuer's keys and nowhere else. */
export type KeySet = FindKey &
  Readonly<{
    /**
     * The keys as they stand, another object for every set that was fetched; null while they have to be asked for
     * again. What was judged by one set says nothing under another: a key may have been withdrawn.
     */
    current: () => object | null;
  }>;

export type RemoteKeySetOptions = Readonly<{
  /** After so long a set is fetched again (a key taken out by the issuer dies then); ten minutes. */
  refreshMs?: number;
  /** How long the last good set bridges an endpoint that does not answer; four hours. */
  bridgeMs?: number;
  timeoutMs?: number;
  fetch?: FetchImplementation;
}>;

const MINUTE = 60_000;

/** After a failed fetch the endpoint is left alone for so long, or each new token would wait for its time-out. */
const PAUSE_MS = 30_000;

const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;

/** The keys of an issuer in this very process, or pinned by configuration. */
export const localKeySet = (keys: JSONWebKeySet): KeySet =>
  Object.assign<FindKey, Pick<KeySet, 'current'>>(createLocalJWKSet(keys), { current: () => keys });

/**
 * An issuer's JWKS by its URL: cached, fetched again when it is old or a new key id turns up (at most every 30 s).
 * While the endpoint is down the last good set goes on for `bridgeMs`; after that, and before a first one,
 * `KEYS_UNAVAILABLE`: nobody is let in on an outage.
 */
export const remoteKeySet = (url: URL, options: RemoteKeySetOptions = {}): KeySet => {
  const cache: Partial<ExportedJWKSCache> = {};
  const remote = createRemoteJWKSet(url, {
    cacheMaxAge: options.refreshMs ?? 10 * MINUTE,
    timeoutDuration: options.timeoutMs ?? 3_000,
    [jwksCache]: cache as JWKSCacheInput,
    ...(options.fetch === undefined ? {} : { [customFetch]: options.fetch }),
  });
  const bridgeMs = options.bridgeMs ?? 240 * MINUTE;
  let goodUntil = 0;
  let pausedUntil = 0;
  const bridge: FindKey = (header, token) => {
    if (cache.jwks === undefined || Date.now() > goodUntil) throw new AuthError('KEYS_UNAVAILABLE');
    return createLocalJWKSet(cache.jwks)(header, token);
  };
  const find: FindKey = async (header, token) => {
    if (Date.now() < pausedUntil) return await bridge(header, token);
    try {
      const key = await remote(header, token);
      goodUntil = Date.now() + bridgeMs;
      return key;
    } catch (error) {
      // While the set is fresh it is this token, or the key that it names. Taken for an outage, such tokens would put off
      // the next fetch, and with it the end of a key that was withdrawn.
      if (isAboutToken(error) || remote.fresh) throw error;
      if (cache.jwks !== undefined) pausedUntil = Date.now() + PAUSE_MS;
      return await bridge(header, token);
    }
  };
  return Object.assign(find, { current: () => (remote.fresh ? (cache.jwks ?? null) : null) });
};

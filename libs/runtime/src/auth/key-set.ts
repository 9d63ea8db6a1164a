import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type CryptoKey,
  type FetchImplementation,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWTHeaderParameters,
} from 'jose';
import { AuthError } from './auth-error.js';

/** Finds the key that a token's header names, among the issuer's keys and nowhere else. */
export type KeySet = (header?: JWTHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

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

/** The keys of an issuer in this very process, or pinned by configuration. */
export const localKeySet = (keys: JSONWebKeySet): KeySet => createLocalJWKSet(keys);

const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;

/**
 * An issuer's JWKS by its URL: cached, fetched again when it is old or a new key id turns up (at most every 30 s).
 * While the endpoint is down the last good set goes on for `bridgeMs`; after that, and before a first one,
 * `KEYS_UNAVAILABLE`: nobody is let in on an outage.
 */
export const remoteKeySet = (url: URL, options: RemoteKeySetOptions = {}): KeySet => {
  const remote = createRemoteJWKSet(url, {
    cacheMaxAge: options.refreshMs ?? 10 * MINUTE,
    timeoutDuration: options.timeoutMs ?? 3_000,
    ...(options.fetch === undefined ? {} : { [customFetch]: options.fetch }),
  });
  const bridgeMs = options.bridgeMs ?? 240 * MINUTE;
  let goodUntil = 0;
  let pausedUntil = 0;
  const bridge: KeySet = (header, token) => {
    const lastGood = remote.jwks();
    if (lastGood === undefined || Date.now() > goodUntil) throw new AuthError('KEYS_UNAVAILABLE');
    return createLocalJWKSet(lastGood)(header, token);
  };
  return async (header, token) => {
    if (Date.now() < pausedUntil) return await bridge(header, token);
    try {
      const key = await remote(header, token);
      goodUntil = Date.now() + bridgeMs;
      return key;
    } catch (error) {
      if (isAboutToken(error)) throw error;
      if (remote.jwks() !== undefined) pausedUntil = Date.now() + PAUSE_MS;
      return await bridge(header, token);
    }
  };
};

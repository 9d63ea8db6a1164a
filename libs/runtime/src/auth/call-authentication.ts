import { ServerInterceptingCall, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import { AuthError } from './auth-error.js';
import type { Identity } from './identity.js';
import type { TokenVerifier } from './token-verifier.js';

export type CallAuthentication = Readonly<{
  verifier: TokenVerifier;
  /** How an error ends a call (`toStatus` of the contracts). */
  refuse: (error: unknown) => Parameters<ServerInterceptingCall['sendStatus']>[0];
  /** Path prefixes that need no token. */
  open: readonly string[];
}>;

/** Health needs no token (an orchestrator has none); everything else does, known method or not. */
export const HEALTH_PREFIX = '/grpc.health.v1.Health/';

const SCHEME = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i;

const identities = new WeakMap<Metadata, Identity>();

const bearerToken = (metadata: Metadata): string => {
  const values = metadata.get('authorization');
  if (values.length === 0) throw new AuthError('TOKEN_MISSING');
  const token = SCHEME.exec(String(values[0]))?.[1];
  if (token === undefined) throw new AuthError('TOKEN_INVALID');
  return token;
};

/** Who made this call. Throws where the call was not authenticated: no handler runs for nobody. */
export const identityOf = (metadata: Metadata): Identity => {
  const identity = identities.get(metadata);
  if (identity === undefined) throw new AuthError('TOKEN_MISSING');
  return identity;
};

/** Authenticates each call of a server before a byte of its messages is read. */
export const authenticateCalls =
  ({ verifier, refuse, open }: CallAuthentication): ServerInterceptor =>
  (method, call) => {
    if (open.some((prefix) => method.path.startsWith(prefix))) return new ServerInterceptingCall(call);
    const authenticate = async (metadata: Metadata): Promise<void> => {
      identities.set(metadata, await verifier.verify(bearerToken(metadata)));
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, pass) => {
            authenticate(metadata).then(
              () => pass(metadata),
              (error: unknown) => call.sendStatus(refuse(error)),
            );
          },
        });
      },
    });
  };

import {
  AuthError,
  createTokenVerifier,
  DEMO_TOKENS,
  DemoIssuerError,
  demoIssuerOptions,
  ConfigError,
  localKeySet,
  openDemoIssuer,
  remoteKeySet,
  type Config,
  type DemoIssuer,
  type TokenVerifier,
} from '@lacuna/runtime';

/** Whose tokens count here. `issuer` is our own demo issuer; null where the issuer is somebody else's. */
export type Authentication = Readonly<{ verifier: TokenVerifier; issuer: DemoIssuer | null }>;

const demo = async (config: Config): Promise<Authentication> => {
  const addresses = [config.grpc.host, config.http.host];
  try {
    const issuer = await openDemoIssuer(demoIssuerOptions(config.home, addresses));
    return { verifier: createTokenVerifier({ keys: localKeySet(issuer.jwks), ...DEMO_TOKENS }), issuer };
  } catch (error) {
    if (!(error instanceof DemoIssuerError) || error.code !== 'BIND_NOT_LOOPBACK') throw error;
    const problem = 'the demo issuer runs on a loopback address only: set LACUNA_AUTH=jwks to serve others';
    throw new ConfigError([
      { key: 'LACUNA_GRPC_ADDRESS', problem },
      { key: 'LACUNA_HTTP_ADDRESS', problem },
    ]);
  }
};

const nobody: TokenVerifier = { verify: () => Promise.reject(new AuthError('TOKEN_INVALID')) };

/**
 * Opens what tells who calls. The demo issuer refuses to exist where others could reach it; an app that takes no
 * calls needs none.
 */
export const openAuthentication = async (config: Config, takesCalls: boolean): Promise<Authentication> => {
  if (!takesCalls) return { verifier: nobody, issuer: null };
  if (config.auth.kind === 'demo') return demo(config);
  const { url, issuer, audience } = config.auth;
  const verifier = createTokenVerifier({ keys: remoteKeySet(new URL(url)), issuer, audience });
  return { verifier, issuer: null };
};

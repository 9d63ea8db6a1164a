import { join } from 'node:path';
import { createTokenVerifier, localKeySet, openDemoIssuer, type TokenVerifier } from '@lacuna/runtime';
import { TENANT } from '../people.js';

export type BenchIssuer = Readonly<{ verifier: TokenVerifier; token(role: string): Promise<string> }>;

const issuer = 'http://127.0.0.1/bench-issuer';
const audience = 'lacuna';

/** The demo issuer as the product runs it, with a key of the bench's own. */
export const demoIssuer = async (folder: string): Promise<BenchIssuer> => {
  const opened = await openDemoIssuer({
    keyFile: join(folder, 'demo-issuer.pem'),
    bindAddresses: ['127.0.0.1'],
    issuer,
    audience,
  });
  return {
    verifier: createTokenVerifier({ keys: localKeySet(opened.jwks), issuer, audience }),
    token: async (role) => (await opened.issue({ tenant: TENANT, role })).token,
  };
};

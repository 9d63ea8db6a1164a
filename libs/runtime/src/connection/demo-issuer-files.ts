import { join } from 'node:path';
import type { DemoIssuerOptions } from '../auth/demo-issuer.js';

/** What the tokens of a demo issuer say, the same in the server that takes them and the command line that makes them. */
export const DEMO_TOKENS = { issuer: 'urn:lacuna:demo-issuer', audience: 'lacuna' } as const;

/**
 * The demo issuer of an instance. Its key lies in the instance's home, 0600: whoever can read that file is the one
 * who started the server, and nobody else gets a token, no endpoint of the server gives any.
 */
export const demoIssuerOptions = (home: string, bindAddresses: readonly string[]): DemoIssuerOptions => ({
  ...DEMO_TOKENS,
  keyFile: join(home, 'keys', 'demo-issuer.pem'),
  bindAddresses,
});

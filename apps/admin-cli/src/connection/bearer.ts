import { existsSync } from 'node:fs';
import { Metadata } from '@grpc/grpc-js';
import { demoIssuerOptions, openDemoIssuer, readSecret, type Config } from '@lacuna/runtime';
import { CliError } from '../output/cli-error.js';

/** As whom a command calls. */
export type Caller = Readonly<{ tenant: string; role: string; memberId?: string }>;

/** Much shorter than any token lives. */
const RENEW_MS = 60_000;

const demoToken = async ({ home }: Config, caller: Caller): Promise<string> => {
  const options = demoIssuerOptions(home, ['127.0.0.1']);
  if (!existsSync(options.keyFile))
    throw new CliError(
      2,
      'this instance has no demo issuer: start it once, with "npm start" for one, or give LACUNA_TOKEN',
    );
  return (await (await openDemoIssuer(options)).issue(caller)).token;
};

const inFile = (file: string): string => {
  const token = readSecret(file) ?? '';
  if (token === '') throw new CliError(2, 'LACUNA_TOKEN_FILE: holds no token, or cannot be read');
  return token;
};

/** A token for a caller: the one given, as its file has it now; or a demo token made with the instance's own key. */
export const tokenFor = async (config: Config, caller: Caller): Promise<string> =>
  config.tokenFile === null ? (config.token ?? demoToken(config, caller)) : inFile(config.tokenFile);

/** What every call carries. An import takes longer than a token lives: another one is put in its place in time. */
export const bearer = async (
  config: Config,
  caller: Caller,
  renewMs = RENEW_MS,
): Promise<Readonly<{ metadata: Metadata; close(): void }>> => {
  const metadata = new Metadata();
  const renew = async (): Promise<void> =>
    metadata.set('authorization', `Bearer ${await tokenFor(config, caller)}`);
  await renew();
  // The old one may still be good; where it is not, the server says so.
  const timer = setInterval(() => void renew().catch(() => undefined), renewMs).unref();
  return { metadata, close: () => clearInterval(timer) };
};

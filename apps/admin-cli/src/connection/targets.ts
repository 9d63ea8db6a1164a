import { serversOf, type AppName, type Config } from '@lacuna/runtime';
import { NobodyHere } from '../output/cli-error.js';

type Kind = keyof Config['servers'];

const apps: Readonly<Record<Kind, readonly AppName[]>> = {
  command: ['command-api', 'standalone'],
  query: ['query-api', 'standalone'],
  admin: ['reactor', 'standalone'],
};

// Several of a kind: the next is tried where one is not there any more.
const joined = (addresses: readonly string[]): string | undefined =>
  addresses.every((address) => /^[\d.]+:\d+$/.test(address)) && addresses.length > 1
    ? `ipv4:${addresses.join(',')}`
    : addresses[0];

/** Where a kind of call goes: to the address given, the one configured, or the processes that run on this home. */
export const targetOf = (config: Config, kind: Kind, given: string | undefined): string => {
  const here = serversOf(config.home).flatMap(({ app, grpc }) =>
    grpc !== null && apps[kind].includes(app) ? [grpc] : [],
  );
  const target = given ?? config.servers[kind] ?? joined(here);
  if (target === undefined)
    throw new NobodyHere(
      `no ${apps[kind][0] ?? ''} is running here: start one, or everything with "npm start"`,
    );
  return target;
};

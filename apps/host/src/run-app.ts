import type { Config } from '@lacuna/runtime';
import type { AppDefinition } from './app-definition.js';
import { connectDatabase } from './database/connect-database.js';
import type { HostDatabase } from './database/host-database.js';
import { startApp, type Started } from './start.js';

const linesOf = (
  app: AppDefinition,
  { addresses, parts }: Pick<Started<HostDatabase>, 'addresses' | 'parts'>,
): readonly string[] => [
  ...parts.database.warnings.map((warning) => `WARNING: ${warning}`),
  `Lacuna ${app.name} is running; Ctrl-C stops it.`,
  ...(addresses.grpc === null ? [] : [`  gRPC   ${addresses.grpc}`]),
  `  HTTP   http://${addresses.http}/health/ready`,
  ...(parts.clock.kind === 'simulated' ? [`  clock  simulated, at ${parts.clock.now()}`] : []),
];

/** Runs one app on a database that is there and migrated; resolves to what to tell whoever started it. */
export const runApp = async (app: AppDefinition, config: Config): Promise<readonly string[]> =>
  linesOf(app, await startApp(app, config, (given) => Promise.resolve(connectDatabase(given))));

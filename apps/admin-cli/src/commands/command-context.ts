import type { Config } from '@lacuna/runtime';
import type { Caller } from '../connection/bearer.js';
import { connect, type Server } from '../connection/server.js';
import type { CommandResult, Output } from '../output/output.js';

/** What every command is given: the configuration, where to write, and the options that all share. */
export type CommandContext = Readonly<{
  config: Config;
  output: Output;
  tenant: string;
  address: string | undefined;
}>;

/** A command's work: its options in, its result out. */
export type CommandRun<Options> = (context: CommandContext, options: Options) => Promise<CommandResult>;

/** Calls the server as a role, and lets it go whatever happens. */
export const withServer = async <Result>(
  { config, tenant, address }: CommandContext,
  caller: Omit<Caller, 'tenant'>,
  work: (server: Server) => Promise<Result>,
): Promise<Result> => {
  const server = await connect(config, { tenant, ...caller }, address);
  try {
    return await work(server);
  } finally {
    server.close();
  }
};

/** Calls as a role; for the member in person with the member's own token. */
export const callerAs = (role: string, member: string): Omit<Caller, 'tenant'> =>
  role === 'member' ? { role, memberId: member } : { role };

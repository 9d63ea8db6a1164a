import { tokenFor } from '../connection/bearer.js';
import type { CommandResult } from '../output/output.js';
import type { CommandContext } from './command-context.js';

export type TokenOptions = Readonly<{ role: string; member?: string }>;

/** `token <role>`: a demo token, on standard output and nowhere else. */
export const tokenCommand = async (
  { config, tenant }: CommandContext,
  { role, member }: TokenOptions,
): Promise<CommandResult> => {
  const caller = { tenant, role, ...(member === undefined ? {} : { memberId: member }) };
  const token = await tokenFor({ ...config, token: null, tokenFile: null }, caller);
  return { document: { tenant, role, token }, lines: [token], exitCode: 0 };
};

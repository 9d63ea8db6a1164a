import type { CommandResult } from '../output/output.js';
import { ownerUrlOf } from '../connection/owner-url.js';
import type { CommandContext } from './command-context.js';

/**
 * `migrate`: brings the database to the schema of this code, as its owner, before the apps that need it are started.
 * A second one waits for the first; a failed one leaves the schema as it was.
 */
export const migrateCommand = async ({ config }: CommandContext): Promise<CommandResult> => {
  const { prepareDatabase, schemaParts } = await import('../../../host/src/index.js');
  const { applied, warnings } = await prepareDatabase(ownerUrlOf(config), config, schemaParts);
  return {
    document: { applied, warnings },
    lines: [
      ...warnings.map((warning) => `WARNING: ${warning}`),
      ...applied.map((name) => `applied ${name}`),
      applied.length === 0 ? 'the schema is this code’s already' : `${applied.length} migrations applied`,
    ],
    exitCode: 0,
  };
};

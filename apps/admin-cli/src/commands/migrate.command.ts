import type { CommandResult } from '../output/output.js';
import { requireOwnerUrl } from '../connection/owner-url.js';
import type { CommandContext } from './command-context.js';

const TOOK_OVER =
  'NOTE: the role of the product was there, and LACUNA_HOME kept no password for it: it has a new one, kept there now. Apps on another LACUNA_HOME need LACUNA_RUNTIME_DATABASE_URL.';

/**
 * `migrate`: brings the database to the schema of this code, as its owner, before the apps that need it are started.
 * A second one waits for the first; a failed one leaves the schema as it was.
 */
export const migrateCommand = async ({ config }: CommandContext): Promise<CommandResult> => {
  const { prepareDatabase, schemaParts } = await import('../../../host/src/index.js');
  const { applied, warnings, tookRoleOver } = await prepareDatabase(
    requireOwnerUrl(config),
    config,
    schemaParts,
  );
  return {
    document: { applied, warnings },
    lines: [
      ...warnings.map((warning) => `WARNING: ${warning}`),
      ...(tookRoleOver ? [TOOK_OVER] : []),
      ...applied.map((name) => `applied ${name}`),
      applied.length === 0 ? 'the schema is this code’s already' : `${applied.length} migrations applied`,
    ],
    exitCode: 0,
  };
};

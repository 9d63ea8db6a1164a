import type { CommandResult } from '../output/output.js';
import type { CommandContext } from './command-context.js';

const UNTIL_STOPPED_MS = 2 ** 30;

/**
 * `database`: the embedded PostgreSQL as a process of its own, for trying the apps apart from each other without a
 * database to hand. It tells them where it is through the home, privately, and runs until it is stopped.
 */
export const databaseCommand = async ({ config, output }: CommandContext): Promise<CommandResult> => {
  const [{ ownProcess }, { openEmbedded }] = await Promise.all([
    import('../../../host/src/index.js'),
    import('../../../standalone/src/database/open-embedded.js'),
  ]);
  const { ownerUrl, movedTo } = await ownProcess(config, (hosting) => openEmbedded(config.home, hosting));
  const { host } = new URL(ownerUrl);
  output.result({
    document: { address: host, home: config.home },
    lines: [
      `PostgreSQL is running at ${host}; Ctrl-C stops it. Processes started on the same LACUNA_HOME find it.`,
      ...(movedTo === null ? [] : [`  data   ${movedTo} (the database's user cannot reach the home)`]),
      'Try next, in another terminal:',
      '  npx lacuna migrate',
    ],
    exitCode: 0,
  });
  // Its end is the process's: what was started stops in order, then the process exits.
  setInterval(() => undefined, UNTIL_STOPPED_MS);
  return new Promise<never>(() => undefined);
};

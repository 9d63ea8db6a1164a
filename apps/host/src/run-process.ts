import { join } from 'node:path';
import { ConfigError, loadConfig, type AppName, type Config } from '@lacuna/runtime';

// Built to dist/apps/host/src: the checkout is four folders above it.
const root = join(import.meta.dirname, '..', '..', '..', '..');

const explain = (error: unknown): string => (error instanceof Error ? error.message : 'could not start');

/**
 * Runs this process as an app and prints what `start` gives. A wrong configuration is told at once, before everything
 * else is even loaded: exit 3; whatever else keeps it from starting: exit 1.
 */
export const runProcess = async (
  app: AppName,
  start: (config: Config) => Promise<readonly string[]>,
): Promise<void> => {
  try {
    const lines = await start(loadConfig(process.env, root, app));
    process.stdout.write(`${lines.join('\n')}\n`);
  } catch (error) {
    process.stderr.write(`Lacuna did not start.\n${explain(error)}\n`);
    process.exit(error instanceof ConfigError ? error.exitCode : 1);
  }
};

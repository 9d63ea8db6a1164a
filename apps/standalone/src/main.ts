import { join } from 'node:path';
import { ConfigError, loadConfig } from '@lacuna/runtime';

// Built to dist/apps/standalone/src: the checkout is four folders above it.
const root = join(import.meta.dirname, '..', '..', '..', '..');

const explain = (error: unknown): string => (error instanceof Error ? error.message : 'could not start');

try {
  const config = loadConfig(process.env, root);
  // A wrong configuration is told at once, before everything else is even loaded.
  const { start } = await import('./start.js');
  const lines = await start(config);
  process.stdout.write(`${lines.join('\n')}\n`);
} catch (error) {
  process.stderr.write(`Lacuna did not start.\n${explain(error)}\n`);
  process.exit(error instanceof ConfigError ? error.exitCode : 1);
}

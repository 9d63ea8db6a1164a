import { join } from 'node:path';
import { ConfigError } from '@lacuna/runtime';
import { start } from './start.js';

// Built to dist/apps/standalone/src: the checkout is four folders above it.
const root = join(import.meta.dirname, '..', '..', '..', '..');

const explain = (error: unknown): string => (error instanceof Error ? error.message : 'could not start');

try {
  const lines = await start(process.env, root);
  process.stdout.write(`${lines.join('\n')}\n`);
} catch (error) {
  process.stderr.write(`Lacuna did not start.\n${explain(error)}\n`);
  process.exit(error instanceof ConfigError ? error.exitCode : 1);
}

import { join } from 'node:path';
import { runCli } from './run.js';

// Built to dist/apps/admin-cli/src: the checkout is four folders above it.
const root = join(import.meta.dirname, '..', '..', '..', '..');

process.exitCode = await runCli(process.argv.slice(2), process.env, root);

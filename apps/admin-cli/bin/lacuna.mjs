#!/usr/bin/env node
/**
 * `npx lacuna`: plain JavaScript that any Node from 20 on runs. The program needs Node 24, which the install
 * brought; an older Node that started this hands over to it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const main = join(root, 'dist', 'apps', 'admin-cli', 'src', 'main.js');
const installedNode = join(root, 'node_modules', '.bin', 'node');
const isCurrent = Number(process.versions.node.split('.')[0]) >= 24;

const complain = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(2);
};

if (!existsSync(main)) complain('lacuna is not built yet: run "npm start" once, or "npm run build"');
if (isCurrent) await import(main);
else if (!existsSync(installedNode))
  complain(
    `lacuna needs Node 24, this is ${process.version}: run "npm rebuild node --ignore-scripts=false", or use a newer Node`,
  );
else {
  const run = spawn(installedNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  // Ctrl-C reaches both of the terminal's group, and this one waits for the other's end; what was sent to this one
  // alone is handed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal));
  run.on('error', () => process.exit(2));
  run.on('exit', (code) => process.exit(code ?? 2));
}

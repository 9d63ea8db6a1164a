import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createFileKms } from '@lacuna/custody';

const CHANGES = 150;

/** Another process that makes and destroys keys in the file, as a rotation does. */
const CHANGER = `
  const { createFileKms } = await import(process.argv[1]);
  const kms = createFileKms({ file: process.argv[2], backupFile: process.argv[2] + '.backup' });
  for (let epoch = 2; epoch < ${CHANGES}; epoch += 1) {
    await kms.create('scope', epoch);
    await kms.destroy('scope', epoch);
  }`;

it('a process reads the keys while another one changes their file: whole, old or new', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-kms-'));
  const file = join(folder, 'keys');
  const kms = createFileKms({ file, backupFile: `${file}.backup` });
  await kms.create('subject', 1);
  const built = pathToFileURL(join(process.cwd(), 'dist/libs/custody/src/kms/file-kms.js')).href;
  const changer = spawn(process.execPath, ['--input-type=module', '-e', CHANGER, built, file], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => changer.once('close', resolve));
  let reads = 0;
  const counts = new Set<number>();
  while (changer.exitCode === null) {
    const keys = await kms.load();
    expect(keys.some(({ keyClass, epoch }) => keyClass === 'subject' && epoch === 1)).toBe(true);
    counts.add(keys.length);
    reads += 1;
    if (reads % 50 === 0) await new Promise(setImmediate);
  }
  expect([await ended, [...counts].toSorted()]).toEqual([0, [1, 2]]);
  rmSync(folder, { recursive: true });
}, 60_000);

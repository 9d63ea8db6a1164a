import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileKms } from './file-kms.js';

let folder: string;
let paths: { file: string; backupFile: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lacuna-kms-'));
  paths = { file: join(folder, 'keys'), backupFile: join(folder, 'keys.backup') };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const code = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => (error as { code: string }).code,
  );

it('makes a key once, keeps it over a restart, private to its owner', async () => {
  const kms = createFileKms(paths);
  expect(await kms.load()).toEqual([]);
  await kms.create('subject', 1);
  const [first] = await kms.load();
  await kms.create('subject', 1);
  expect(await createFileKms(paths).load()).toEqual([first]);
  expect(first?.key).toHaveLength(32);
  for (const path of [paths.file, paths.backupFile]) expect(statSync(path).mode & 0o777).toBe(0o600);
});

it.each(['file', 'backupFile'] as const)('refuses a %s that others can read', async (which) => {
  const kms = createFileKms(paths);
  await kms.create('subject', 1);
  chmodSync(paths[which], 0o640);
  expect(await code(kms.create('subject', 2))).toBe('KMS_FILE_EXPOSED');
});

it('destroys a key in the file and in its one backup, and leaves the others', async () => {
  const kms = createFileKms(paths);
  await kms.create('subject', 1);
  await kms.create('subject', 2);
  const gone = (await kms.load())[0]!.key.toString('base64');
  expect(readFileSync(paths.backupFile, 'utf8')).toContain(gone);
  await kms.destroy('subject', 1);
  await kms.destroy('subject', 1);
  expect((await kms.load()).map((key) => key.epoch)).toEqual([2]);
  for (const name of readdirSync(folder))
    expect(readFileSync(join(folder, name), 'utf8')).not.toContain(gone);
});

it('E02 takes away a key that a crash left in the backup', async () => {
  const kms = createFileKms(paths);
  await kms.create('subject', 1);
  const gone = (await kms.load())[0]!.key.toString('base64');
  copyFileSync(paths.backupFile, join(folder, 'as-before'));
  await kms.destroy('subject', 1);
  copyFileSync(join(folder, 'as-before'), paths.backupFile);
  rmSync(join(folder, 'as-before'));
  chmodSync(paths.backupFile, 0o600);
  await kms.destroy('subject', 1);
  expect(readFileSync(paths.backupFile, 'utf8')).not.toContain(gone);
});

it('never starts anew over a lost file, nor over one it cannot read', async () => {
  const kms = createFileKms(paths);
  await kms.create('subject', 1);
  rmSync(paths.file);
  expect(await code(kms.load())).toBe('KMS_FILE_MISSING');
  writeFileSync(paths.file, '{"format":"other"}', { mode: 0o600 });
  expect(await code(kms.load())).toBe('KMS_FILE_INVALID');
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPacks } from './packs.js';

const source = readFileSync('infra/policy-packs/car-club.yaml', 'utf8');

const packsOf = async (pack: string | null) => {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-packs-'));
  try {
    if (pack !== null) writeFileSync(join(folder, 'car-club.yaml'), pack);
    return await readPacks(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

it('reads the packs of a folder by the organisation they name', async () => {
  expect([...(await packsOf(source)).keys()]).toEqual(['car-club']);
});

it('R054 refuses to start on a pack whose rules contradict each other and that names no winner', async () => {
  const unresolved = `${source.slice(0, source.indexOf('resolves:'))}resolves: []\n`;
  await expect(packsOf(unresolved)).rejects.toMatchObject({
    code: 'PACK_INVALID',
    violations: [expect.objectContaining({ rule: 'contradiction' })],
  });
});

it('refuses to start without a pack', async () => {
  await expect(packsOf(null)).rejects.toMatchObject({ name: 'ConfigError' });
});

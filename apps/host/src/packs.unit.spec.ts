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
    violations: [
      expect.objectContaining({ rule: 'contradiction' }),
      expect.objectContaining({ rule: 'contradiction' }),
    ],
  });
});

it('R023 R044 refuses to start on a pack that says nothing of how a category of the log ends', async () => {
  const kept = source.replace('keep: P3Y\n    from: PersonalDataRead', 'keep: membership');
  const unknown = kept.replace('chosen: [keep, from]\n    cite: R097', 'chosen: [keep]\n    cite: R097');
  await expect(packsOf(unknown)).rejects.toMatchObject({
    code: 'RETENTION_UNKNOWN',
    violations: [{ field: 'categories.audit', rule: 'RETENTION_UNKNOWN' }],
  });
});

it('refuses to start without a pack', async () => {
  await expect(packsOf(null)).rejects.toMatchObject({ name: 'ConfigError' });
});

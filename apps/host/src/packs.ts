import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { categoryScopes, keptCategories } from '@lacuna/domain/catalogue';
import { LacunaError } from '@lacuna/domain/kernel';
import { openFindings, packFrom, retentionGaps, type PolicyPack } from '@lacuna/domain/policy';
import { ConfigError, readPackFile } from '@lacuna/runtime';

/** A pack that contradicts itself, or holds a rule that does nothing, and does not say which wins and why (R054). */
const settled = (pack: PolicyPack): PolicyPack => {
  const findings = openFindings(pack);
  if (findings.length === 0) return pack;
  throw new LacunaError(
    'PACK_INVALID',
    `the pack ${pack.id} leaves open what wins`,
    findings.map(({ kind, rules }) => ({ field: rules.join(', '), rule: kind })),
  );
};

/** What the log can hold and the pack cannot end would be kept for ever: nothing is taken in under it (R023, R044). */
const ending = (pack: PolicyPack): PolicyPack => {
  const gaps = retentionGaps(pack, keptCategories, categoryScopes);
  if (gaps.length === 0) return pack;
  throw new LacunaError(
    'RETENTION_UNKNOWN',
    `the pack ${pack.id} does not say how ${gaps.join(', ')} ends`,
    gaps.map((category) => ({ field: `categories.${category}`, rule: 'RETENTION_UNKNOWN' })),
  );
};

/** The policy packs of a folder, by the organisation that each names; one that is wrong in anything stops the start. */
export const readPacks = async (folder: string): Promise<ReadonlyMap<string, PolicyPack>> => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  const packs = await Promise.all(
    files.map(async (name) => ending(settled(packFrom(await readPackFile(join(folder, name)))))),
  );
  if (packs.length === 0)
    throw new ConfigError([
      { key: 'LACUNA_PACKS', problem: 'there is no policy pack (*.yaml) in this folder' },
    ]);
  return new Map(packs.map((pack) => [pack.name, pack]));
};

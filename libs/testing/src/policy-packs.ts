import { fileURLToPath } from 'node:url';
import { packFrom, type PolicyPack } from '@lacuna/domain/policy';
import { readPackFile } from '@lacuna/runtime';

export const CAR_CLUB_FILE = fileURLToPath(
  new URL('../../../infra/policy-packs/car-club.yaml', import.meta.url),
);

/** Changes to a copy of a pack file, by path: `{ 'deadlines.correction.within': 'PT12H' }`; undefined takes a key out. */
export type PackChanges = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const change = (source: unknown, path: string, value: unknown): void => {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((place, key) => (isMap(place) ? place[key] : undefined), source);
  if (!isMap(parent)) throw new Error(`the pack has no place "${path}"`);
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else parent[last] = value;
};

/** The demo organisation's pack as its file has it, changed. A copy of its own at every call. */
export const carClubSource = async (changes: PackChanges = {}): Promise<unknown> => {
  const source = await readPackFile(CAR_CLUB_FILE);
  for (const [path, value] of Object.entries(changes)) change(source, path, value);
  return source;
};

export const carClub = async (changes: PackChanges = {}): Promise<PolicyPack> =>
  packFrom(await carClubSource(changes));

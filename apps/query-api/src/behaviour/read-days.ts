import type { ScopedKeys } from '@lacuna/custody';
import { streamId } from '@lacuna/domain/kernel';
import type { BehaviourRow, ViewQueries } from '@lacuna/projections';

/** What stands in one day of a person, in the order of its records; `keys` open it. */
export type ReadDay = Readonly<{ keys: ScopedKeys; rows: readonly BehaviourRow[] }>;

/** Names of one statement; a person's open days, four names each, are far fewer. */
const MOST_NAMES = 4_000;

/** Most days of a person hold fewer records than this: one statement finds them all. */
const FIRST_NAMES = 4;
const GROWTH = 4;

type Views = Readonly<{ behaviours: Pick<ViewQueries['behaviours'], 'byStreams'> }>;
type Name = Readonly<{ day: string; stream: string }>;

const namesOf = (tenant: string, keys: ScopedKeys, from: number, to: number): readonly Name[] =>
  Array.from({ length: to - from }, (_, index) => ({
    day: keys.scope,
    stream: streamId(tenant, 'behaviour', keys.stream(from + index)),
  }));

const rowsOf = async (
  { behaviours }: Views,
  tenant: string,
  names: readonly Name[],
): Promise<ReadonlyMap<string, BehaviourRow>> => {
  const found = new Map<string, BehaviourRow>();
  for (let from = 0; from < names.length; from += MOST_NAMES) {
    const rows = await behaviours.byStreams(tenant, names.slice(from, from + MOST_NAMES));
    for (const row of rows) found.set(row.stream, row);
  }
  return found;
};

/**
 * Finds what stands in these days: only who holds their keys can name the streams, and the n-th of a day says nothing
 * of the next. Names are asked for day by day until one that closes a round is not there; a day whose last name was
 * found is asked for four times as many.
 */
export const readDays = async (
  views: Views,
  tenant: string,
  days: readonly ScopedKeys[],
): Promise<readonly ReadDay[]> => {
  const read = new Map<ScopedKeys, BehaviourRow[]>(days.map((keys) => [keys, []]));
  let asked = days;
  for (let [from, to] = [0, FIRST_NAMES]; asked.length > 0; [from, to] = [to, to * GROWTH]) {
    const names = asked.map((keys) => [keys, namesOf(tenant, keys, from, to)] as const);
    const found = await rowsOf(
      views,
      tenant,
      names.flatMap(([, ofDay]) => ofDay),
    );
    for (const [keys, ofDay] of names)
      read.get(keys)?.push(...ofDay.flatMap(({ stream }) => found.get(stream) ?? []));
    asked = names.flatMap(([keys, ofDay]) => (found.has(ofDay.at(-1)?.stream ?? '') ? [keys] : []));
  }
  return [...read].map(([keys, rows]) => ({ keys, rows }));
};

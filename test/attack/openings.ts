import type { Carved, UnnamedValue } from './formats.js';
import type { Factor } from './factors.js';

const MEMBERSHIP = 'membership';
const DAY = /^\d{4}-\d{2}-\d{2}$/;

type Found = ReadonlyMap<string, string>;

const firstOpen = (
  value: UnnamedValue | Parameters<Factor['open']>[0],
  keys: Iterable<Factor>,
): string | null => {
  for (const key of keys) {
    const text = key.open(value);
    if (text !== null) return text;
  }
  return null;
};

/** Values that name their key, and with `exhaustive` those too that name another. */
export const openNamed = (carved: Carved, factors: readonly Factor[], exhaustive: boolean): Found => {
  const byName = Map.groupBy(factors, (key) => `${key.place.ref} ${key.place.scope}`);
  const opened = new Map<string, string>();
  for (const value of carved.values.values()) {
    const name = `${value.ref} ${value.scope === '' ? MEMBERSHIP : value.scope}`;
    const text = firstOpen(value, byName.get(name) ?? []) ?? (exhaustive ? firstOpen(value, factors) : null);
    if (text !== null) opened.set(value.text, text);
  }
  return opened;
};

/** For whom something that stands beside a value may be a name: the streams of a person's day, an activity, a night. */
const namesOf = (carved: Carved, factors: readonly Factor[]): ReadonlyMap<string, readonly Factor[]> => {
  const seen = new Set([...carved.unnamed.values()].flatMap((value) => [...value.beside]));
  const names = new Map<string, Factor[]>();
  const isDay = ({ scope, ref }: Factor['place']): boolean => DAY.test(scope) && ref !== '';
  for (const factor of factors.filter(({ place }) => place.scope !== MEMBERSHIP)) {
    const own = isDay(factor.place) ? factor.streams((name) => seen.has(name)) : [factor.place.scope];
    for (const name of own) {
      const known = names.get(name);
      if (known) known.push(factor);
      else names.set(name, [factor]);
    }
  }
  return names;
};

/** Values that name no key: with the keys of all that stands beside them, or with every key there is. */
export const openUnnamed = (carved: Carved, factors: readonly Factor[], exhaustive: boolean): Found => {
  const names = namesOf(carved, factors);
  const opened = new Map<string, string>();
  for (const value of carved.unnamed.values()) {
    const likely = new Set([...value.beside].flatMap((name) => names.get(name) ?? []));
    const text = firstOpen(value, likely) ?? (exhaustive ? firstOpen(value, factors) : null);
    if (text !== null) opened.set(value.text, text);
  }
  return opened;
};

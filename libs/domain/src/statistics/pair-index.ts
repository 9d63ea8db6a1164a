/** The pair of each row, as it stands in the rows themselves. */
export type PairColumns = Readonly<{ first: (row: number) => number; second: (row: number) => number }>;

const FIRST_ROOM = 1 << 12;

// Multiplied and mixed (the constants of MurmurHash3): neighbours must not fall side by side.
const mixed = (first: number, second: number): number => {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
};

/**
 * Finds the row of a pair of numbers, or takes the next free one for it: open addressing over the rows, which hold
 * the pairs. Four bytes a place and half of the places empty: a map of as many entries takes five times that.
 */
export const pairIndex = ({ first, second }: PairColumns) => {
  // A row's number and one more; 0: empty.
  let places = new Uint32Array(FIRST_ROOM);
  const placeOf = (one: number, other: number): number => {
    let place = mixed(one, other) & (places.length - 1);
    for (let row = places[place] ?? 0; row !== 0; row = places[place] ?? 0) {
      if (first(row - 1) === one && second(row - 1) === other) return place;
      place = (place + 1) & (places.length - 1);
    }
    return place;
  };
  const grow = (rows: number): void => {
    places = new Uint32Array(places.length * 2);
    for (let row = 0; row < rows; row++) places[placeOf(first(row), second(row))] = row + 1;
  };
  /** `next`: how many rows there are; answered where the pair has none yet, and then written by the caller. */
  return (one: number, other: number, next: number): number => {
    if (next * 2 >= places.length) grow(next);
    const place = placeOf(one, other);
    const row = places[place] ?? 0;
    if (row !== 0) return row - 1;
    places[place] = next + 1;
    return next;
  };
};

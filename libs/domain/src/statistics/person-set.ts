const FIRST_PLACES = 8;

/** `people`: how many there are by now, numbered from 0. True: the person was not in it. */
export type PersonSet = Readonly<{ add: (person: number, people: number) => boolean }>;

const bitmap = (people: number) => {
  let bytes = new Uint8Array(Math.ceil(people / 8) + 1);
  return (person: number): boolean => {
    const at = person >>> 3;
    if (at >= bytes.length) {
      const larger = new Uint8Array(at * 2);
      larger.set(bytes);
      bytes = larger;
    }
    const before = bytes[at] ?? 0;
    bytes[at] = before | (1 << (person & 7));
    return bytes[at] !== before;
  };
};

/**
 * Who was met in a cell, by number: four bytes for each, at most half of the places taken; a bit for everybody once
 * that is less. There are as many of these as cells, and a JavaScript set takes forty bytes a person.
 */
export const personSet = (): PersonSet => {
  // A person's number and one more; 0: empty.
  let places = new Uint32Array(FIRST_PLACES);
  let size = 0;
  let bits: ((person: number) => boolean) | null = null;
  const place = (person: number): boolean => {
    const mask = places.length - 1;
    let at = Math.imul(person, 0x9e3779b1) & mask;
    for (let taken = places[at] ?? 0; taken !== 0; taken = places[at] ?? 0) {
      if (taken === person + 1) return false;
      at = (at + 1) & mask;
    }
    places[at] = person + 1;
    return true;
  };
  const grow = (people: number): void => {
    const before = places;
    const isDense = before.length * 8 > people / 8;
    if (isDense) bits = bitmap(people);
    places = new Uint32Array(isDense ? 0 : before.length * 2);
    for (const taken of before) if (taken !== 0) (bits ?? place)(taken - 1);
  };
  return {
    add: (person, people) => {
      if (bits === null && size * 2 >= places.length) grow(people);
      const isNew = (bits ?? place)(person);
      if (isNew) size += 1;
      return isNew;
    },
  };
};

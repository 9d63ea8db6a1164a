import type { LocalDate } from '../kernel/index.js';

/** Somebody, as one night knows them: the same person has another pseudonym in every other night. */
export type NightPerson = Readonly<{ night: LocalDate; person: string }>;

/** The people of a night by number, from 0 in the order they come; each pseudonym is held once. */
export interface NightPeople {
  readonly numberOf: (person: NightPerson) => number;
  readonly size: () => number;
  /** Which of the nights that the pseudonyms are of somebody's is of. */
  readonly labelOf: (person: number) => number;
  /** The pseudonyms of these few: all are gone through. */
  readonly namesOf: (people: ReadonlySet<number>) => ReadonlyMap<number, NightPerson>;
}

export const nightPeople = (): NightPeople => {
  const numbers = new Map<string, Map<string, number>>();
  const labels: string[] = [];
  const labelOfPerson: number[] = [];
  const innerOf = (night: string): Map<string, number> => {
    const known = numbers.get(night);
    if (known !== undefined) return known;
    const inner = new Map<string, number>();
    numbers.set(night, inner);
    labels.push(night);
    return inner;
  };
  return {
    numberOf: ({ night, person }) => {
      const inner = innerOf(night);
      const known = inner.get(person);
      if (known !== undefined) return known;
      const number = labelOfPerson.push(labels.indexOf(night)) - 1;
      inner.set(person, number);
      return number;
    },
    size: () => labelOfPerson.length,
    labelOf: (person) => labelOfPerson[person] ?? 0,
    namesOf: (people) => {
      const names = new Map<number, NightPerson>();
      for (const [night, inner] of numbers)
        for (const [person, number] of inner) if (people.has(number)) names.set(number, { night, person });
      return names;
    },
  };
};

import type { PlainInserts } from '../floors.js';
import type { House } from '../house.js';
import type { Figure } from '../measure.js';
import type { People } from '../people.js';

/** What every group of figures is measured on. */
export type Bench = Readonly<{
  house: House;
  people: People;
  inserts: PlainInserts;
  /** How many rounds and operations, as a share of a full run: less for a quick look. */
  share: number;
}>;

/** Figures that are measured together, under the name that `--only` takes. */
export type FigureGroup = Readonly<{ name: string; measure: (bench: Bench) => Promise<readonly Figure[]> }>;

export const scaled = (count: number, { share }: Bench, least = 1): number =>
  Math.max(least, Math.round(count * share));

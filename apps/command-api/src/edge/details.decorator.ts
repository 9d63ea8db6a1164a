import { HasForm } from '@lacuna/contracts';
import { AsItCame } from './as-it-came.decorator.js';

const MOST_ITEMS = 64;
// Longer ones are refused by the domain, by their own name; these are no details at all.
const LONGEST_ITEM = 16 * 1024;

const isItem = ([name, value]: readonly [string, unknown]): boolean =>
  name.length <= 64 && typeof value === 'string' && value.length <= LONGEST_ITEM;

export const areDetails = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  const items = Object.entries(value);
  return items.length <= MOST_ITEMS && items.every(isItem);
};

/** A map of texts. Which items there are and what each may say, the pack and the domain know. */
export const AreDetails = (): PropertyDecorator => (target, key) => {
  AsItCame()(target, key);
  HasForm('details', areDetails)(target, key);
};

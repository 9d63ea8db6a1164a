import type { Mask } from './vocabulary.js';

const HIDDEN = '***';

/** Keeps the ends of a text and covers the middle; one too short to cover half of it is hidden. */
const covered = (value: string, head: number, tail: number): string => {
  const characters = Array.from(value);
  const middle = characters.length - head - tail;
  if (middle < 1 || middle * 3 < characters.length) return HIDDEN;
  return (
    characters.slice(0, head).join('') +
    '*'.repeat(middle) +
    characters.slice(characters.length - tail).join('')
  );
};

/** What a masked reader sees of a value (R038): `138****1234`. */
export const maskValue = (mask: Mask, value: string): string => {
  switch (mask) {
    case 'clear':
      return value;
    case 'phone':
      return covered(value, 3, 4);
    case 'tail':
      return covered(value, 0, 6);
    case 'initial':
      return Array.from(value).slice(0, 1).join('') + '**';
    case 'hidden':
      return HIDDEN;
  }
};

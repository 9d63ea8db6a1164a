import { fieldRule, type FieldRule } from './field-rule.js';

const province = '[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]';
const office = '[A-HJ-NP-Z]';

// GA 36: five characters without I and O (the last may name the use); new-energy plates have six, small vehicles with
// their letter first and large ones with it last (D, A, B, C, E: electric; F, G, H, J, K: not purely so).
const plateForm = new RegExp(
  `^${province}${office}(?:[A-HJ-NP-Z0-9]{5}|[A-HJ-NP-Z0-9]{4}[挂学警港澳]|[A-HJK][A-HJ-NP-Z0-9]\\d{4}|\\d{5}[A-HJK])$`,
  'u',
);

/** A civil number plate of the mainland, of seven characters or of eight for new-energy vehicles (R117). */
export const plateRule: FieldRule = fieldRule({ plate: (value) => plateForm.test(value) });

// ISO 3779 and GB 16735: the value of each letter, and the weight of each place; the ninth place holds the remainder.
const letterValues: Readonly<Record<string, number>> = {
  ...{ A: 1, B: 2, C: 3, D: 4, E: 5, F: 6, G: 7, H: 8 },
  ...{ J: 1, K: 2, L: 3, M: 4, N: 5, P: 7, R: 9 },
  ...{ S: 2, T: 3, U: 4, V: 5, W: 6, X: 7, Y: 8, Z: 9 },
};
const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

const checkDigit = (vin: string): string | undefined => {
  const sum = weights.reduce((total, weight, index) => {
    const character = vin[index] ?? '';
    return total + weight * (letterValues[character] ?? Number(character));
  }, 0);
  return '0123456789X'[sum % 11];
};

/** Made in China or in North America: there the check digit is law, elsewhere the ninth place is the maker's own. */
const hasCheckDigit = (vin: string): boolean => /^[L1-5]/.test(vin);

/** A vehicle identification number (R117): 17 characters without I, O and Q. */
export const vinRule: FieldRule = fieldRule({
  vin: (value) => /^[A-HJ-NPR-Z0-9]{17}$/.test(value),
  'vin-check-digit': (value) => !hasCheckDigit(value) || value[8] === checkDigit(value),
});

import type { memberV1 } from '@lacuna/contracts';

const NAMES = ['许一诺', '沈望舒', '顾怀瑾', '苏念安', '陆知微', '江晚吟', '程以宁', '叶清和'];
const LEVELS = ['silver', 'gold', 'platinum'];
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

// GB 11643-1999; the area 999999 is assigned to nobody.
const withCheckCharacter = (digits: string): string => {
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(digits[place]), 0);
  return `${digits}${'10X98765432'[sum % 11] ?? ''}`;
};

const padded = (number: number, length: number): string => String(number).padStart(length, '0');

/** People whom nobody else in a run names: telephone, number and identity are made of who asks and a count. */
export class People {
  #count = 0;

  constructor(private readonly owner: number) {}

  next(): memberV1.MemberInfo {
    const count = this.#next();
    return {
      name: this.name(),
      mobile: this.#mobile(count),
      ...(count % 3 === 0 && { customerNumber: `${padded(this.owner, 2)}-${padded(count, 6)}` }),
      ...(count % 4 === 0 && { memberLevel: LEVELS[count % LEVELS.length] ?? 'gold' }),
    };
  }

  mobile(): string {
    return this.#mobile(this.#next());
  }

  name(): string {
    return NAMES[this.#count % NAMES.length] ?? '许一诺';
  }

  idNumber(): string {
    const count = this.#next();
    const day = `${1950 + this.owner}${padded(1 + (count % 12), 2)}${padded(1 + (Math.floor(count / 12) % 28), 2)}`;
    return withCheckCharacter(`999999${day}${padded(Math.floor(count / 336), 3)}`);
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  #mobile(count: number): string {
    return `198${padded(this.owner, 2)}${padded(count, 6)}`;
  }
}

export const service: memberV1.Processing = {
  channel: 'registration',
  lawfulBasis: 'contract',
  purposes: ['service'],
  noticeVersion: '2026-01',
  provenance: 'subject',
};

export const realName: memberV1.Processing = { ...service, lawfulBasis: 'law', purposes: ['real-name'] };

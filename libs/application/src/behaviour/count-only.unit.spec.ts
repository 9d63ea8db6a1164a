import fc from 'fast-check';
import type { NightCopy } from '@lacuna/domain/behaviour';
import { inLists } from './count-only.js';

const copy = (kind: string, amount: number): NightCopy => ({
  night: '1998-07-01',
  person: 'p'.repeat(22),
  day: '1998-01-01',
  kind,
  count: 1,
  units: 1,
  amount,
});

it('cuts copies into lists that can be sealed, and loses none', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ kind: fc.string({ maxLength: 63 }), amount: fc.integer() }), { maxLength: 900 }),
      (all) => {
        const copies = all.map(({ kind, amount }) => copy(kind, amount));
        const lists = inLists(copies);
        expect(lists.flat()).toEqual(copies);
        for (const list of lists) expect(Buffer.byteLength(JSON.stringify(list))).toBeLessThanOrEqual(32_767);
        expect(lists.every((list) => list.length > 0)).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});

it('makes no more of them than it must', () => {
  const copies = Array.from({ length: 500 }, (_, index) => copy('purchase', index));
  expect(inLists(copies)).toHaveLength(2);
  expect(inLists([])).toEqual([]);
});

import * as fc from 'fast-check';
import { personSet } from './person-set.js';

it('knows whom it met, few or many, while more and more come', () => {
  const met = fc.array(fc.tuple(fc.nat({ max: 4_000 }), fc.nat({ max: 4_000 })), {
    maxLength: 3_000,
    size: 'max',
  });
  fc.assert(
    fc.property(met, (list) => {
      const [set, known] = [personSet(), new Set<number>()];
      let people = 1;
      for (const [person, more] of list) {
        people = Math.max(people, person + 1, more);
        expect(set.add(person, people)).toBe(!known.has(person));
        known.add(person);
      }
    }),
    { numRuns: 60 },
  );
});

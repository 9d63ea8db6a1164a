import fc from 'fast-check';
import { maskValue } from './mask.js';
import { MASKS, type Mask } from './vocabulary.js';

it.each<[Mask, string, string]>([
  ['clear', '13812341234', '13812341234'],
  ['phone', '13812341234', '138****1234'],
  ['phone', '1381234', '***'],
  ['phone', '', '***'],
  ['tail', 'LZZWV3F042G700831', '***********700831'],
  ['tail', '700831', '***'],
  ['initial', '杜楠炎', '杜**'],
  ['initial', '𠮷野', '𠮷**'],
  ['initial', '', '**'],
  ['hidden', '11010119900307721X', '***'],
])('R038 %s of %j shows %j', (mask, value, shown) => {
  expect(maskValue(mask, value)).toBe(shown);
});

it('R038 a mask leaves at least a third covered, and says nothing of how long a hidden value is', () => {
  const masks = fc.constantFrom(...MASKS.filter((mask) => mask === 'phone' || mask === 'tail'));
  fc.assert(
    fc.property(masks, fc.stringMatching(/^[0-9A-Z]{0,30}$/), (mask, value) => {
      const shown = maskValue(mask, value);
      const covered = shown.split('*').length - 1;
      expect(shown === '***' || covered * 3 >= value.length).toBe(true);
      expect(maskValue('hidden', value)).toBe('***');
    }),
    { seed: 38 },
  );
});

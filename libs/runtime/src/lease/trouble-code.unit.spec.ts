import { LacunaError } from '@lacuna/domain/kernel';
import { troubleCode } from '@lacuna/runtime';

const withCode = (code: unknown): Error => Object.assign(new TypeError('顾怀瑾, 13600000001'), { code });

it.each([
  [new LacunaError('STORE_UNAVAILABLE', 'the log is away'), 'STORE_UNAVAILABLE'],
  [withCode('ECONNREFUSED'), 'ECONNREFUSED'],
  [withCode('57P01'), '57P01'],
  [withCode(undefined), 'TypeError'],
])('is a stable code: %#', (error, code) => expect(troubleCode(error)).toBe(code));

it.each([withCode('顾怀瑾'), withCode('13600000001'), withCode('a code'), '顾怀瑾', { code: 'EPIPE' }])(
  'I10 is never a value: %#',
  (error) => expect(troubleCode(error)).toMatch(/^(TypeError|ERROR)$/),
);

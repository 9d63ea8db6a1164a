import { typeOf } from './broker-error.js';

const refused = (type: string): Error => Object.assign(new Error('refused'), { type });

it('names what a broker refused, wherever the client has put it', () => {
  const type = 'INVALID_REPLICATION_FACTOR';
  expect(typeOf(refused(type))).toBe(type);
  expect(typeOf(new Error('retried in vain', { cause: refused(type) }))).toBe(type);
  expect(typeOf(Object.assign(new Error('of several topics'), { errors: [refused(type)] }))).toBe(type);
  expect(typeOf(Object.assign(new Error('of none'), { errors: [] }))).toBe('');
  expect(typeOf('not even an error')).toBe('');
});

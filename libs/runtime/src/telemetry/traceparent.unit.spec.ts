import { formatTraceparent, parseTraceparent } from './traceparent.js';

const trace = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';

it('reads and writes the W3C form', () => {
  const text = `00-${trace}-${span}-01`;
  expect(parseTraceparent(text)).toEqual({ traceId: trace, spanId: span, sampled: true });
  expect(formatTraceparent({ traceId: trace, spanId: span, sampled: true })).toBe(text);
  expect(parseTraceparent(`00-${trace}-${span}-00`)?.sampled).toBe(false);
});

it.each([
  undefined,
  '',
  Buffer.from('00'),
  `01-${trace}-${span}-01`,
  `00-${trace}-${span}`,
  `00-${trace}-${span}-01-name=canary`,
  `00-${'0'.repeat(32)}-${span}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${trace}-${span}-01\n19900012345`,
])('takes %p for none', (text) => expect(parseTraceparent(text)).toBeNull());

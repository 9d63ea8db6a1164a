import { readThePage } from '../e2e/processes-page.js';

it('every command of the page from one process to four works as it stands there, with Kafka', async () => {
  const { ran, left, handedOverMs } = await readThePage(true);
  for (const { line, code, output } of ran)
    expect([line, code, code === 0 ? '' : output]).toEqual([line, 0, '']);
  const outputOf = (start: string): string => ran.find(({ line }) => line.startsWith(start))?.output ?? '';
  const published = outputOf('npm run -s example:consumer');
  expect(published.match(/"type":"MemberRegistered"/g)).toHaveLength(5);
  // No telephone number of anybody.
  expect(published).not.toMatch(/\b1\d{10}\b/);
  expect(handedOverMs).toBeLessThan(30_000);
  expect(left).toEqual([]);
}, 900_000);

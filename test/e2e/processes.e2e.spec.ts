import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsOf } from './page.js';
import { readThePage } from './processes-page.js';
import { root } from './product.js';

it('every command of the page from one process to four works as it stands there, Kafka apart', async () => {
  const { ran, left, handedOverMs } = await readThePage(false);
  for (const { line, code, output } of ran)
    expect([line, code, code === 0 ? '' : output]).toEqual([line, 0, '']);
  const outputOf = (start: string): string => ran.find(({ line }) => line.startsWith(start))?.output ?? '';
  expect(outputOf('npx lacuna migrate  ')).toContain('already');
  expect(outputOf('npx lacuna import')).toContain('23570 members in');
  expect(outputOf('npx lacuna replay')).not.toContain('DIFFERS');
  expect(outputOf('npx lacuna events follow').match(/MemberRegistered/g)).toHaveLength(5);
  // As the page says.
  expect(handedOverMs).toBeLessThan(10_000);
  // Ctrl-C in every terminal: all end in order.
  expect(left).toEqual([]);
}, 600_000);

it('the page is led to, and its scripts are there', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('infra/PROCESSES.md');
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = commandsOf('infra/PROCESSES.md')
    .flatMap(({ lines }) => lines)
    .flatMap((line) => /npm run (?:-s )?(\S+)/.exec(line)?.[1] ?? []);
  expect(new Set(named)).toEqual(
    new Set(['kafka', 'command-api', 'query-api', 'projector', 'reactor', 'example:consumer']),
  );
  for (const name of named) expect(scripts).toHaveProperty([name]);
});

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshHome, root, startProduct } from '../../e2e/product.js';
import { must } from '../apart.js';
import { compareAll, milliseconds, type Figure } from '../measure.js';
import { recordOverGrpc, type Line } from '../product-recording.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

const CLOCK = '1998-07-01T00:00+08:00';
const LIVE_AFTER = '1998-01-01';
const NIGHTS = 212;
const NO_LINE: Line = ['', '', '', ''];

/** The demo purchases whose windows are open, again and again in another order until there are so many. */
const liveLines = (rows: number, round: number): readonly Line[] => {
  const demo = readFileSync(join(root, 'infra', 'demo', 'purchases.csv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line): Line => {
      const [customer = '', day = '', units = '', amount = ''] = line.split(',');
      return [customer, day, units, amount];
    });
  const live = demo.filter(([, day]) => day > LIVE_AFTER);
  return Array.from({ length: rows }, (_, row) => live[(row * 7919 + round) % live.length] ?? NO_LINE);
};

const writeFile = (path: string, lines: readonly Line[]): void => {
  writeFileSync(path, `customer_id,date,cds,dollars\n${lines.map((line) => line.join(',')).join('\n')}\n`);
};

/** Shown without a bar: beside recording the very same rows in the very same product, which folds and serves meanwhile. */
const measureImport = async (bench: Bench, home: string): Promise<readonly Figure[]> => {
  const rows = scaled(20_000, bench, 2_000);
  let round = 0;
  return compareAll(scaled(3, bench), [
    {
      name: `import of a file of ${rows.toLocaleString('en')} live rows, command line and the whole product`,
      unit: '/s',
      floorName: 'recording as many through the streaming call of the same server',
      floor: () => recordOverGrpc(home, liveLines(rows, 100 + round), `floor-${round}`),
      value: async () => {
        const file = join(home, `live-${round}.csv`);
        writeFile(file, liveLines(rows, round));
        round += 1;
        const spent = await milliseconds(() => must(home, 'import', 'behaviour', file, '--kind', 'purchase'));
        return (rows * 1e3) / spent;
      },
    },
  ]);
};

/** Shown without a bar: half a year and a month of nights over the demo data, as the command line walks them. */
const measureNights = async (home: string): Promise<readonly Figure[]> => {
  await must(home, 'import', 'behaviour', join('infra', 'demo', 'purchases.csv'), '--kind', 'purchase');
  let first = 0;
  return compareAll(1, [
    {
      name: `nights of "clock advance P7M", demo data (${NIGHTS} of them)`,
      unit: '/s',
      floorName: 'the first night after the import, which counts it',
      floor: async () => {
        first = await milliseconds(() => must(home, 'clock', 'advance', 'P1D'));
        return 1e3 / first;
      },
      value: async () => (NIGHTS * 1e3) / (await milliseconds(() => must(home, 'clock', 'advance', 'P7M'))),
      parts: () => ({ 'the first night, ms': first }),
    },
  ]);
};

/** The whole product, as its users have it. */
export const productFigures: FigureGroup = {
  name: 'product',
  measure: async (bench) => {
    const home = freshHome();
    const product = await startProduct(home, { LACUNA_CLOCK: CLOCK });
    try {
      await must(home, 'import', 'members', join('infra', 'demo', 'members.csv'));
      return [...(await measureImport(bench, home)), ...(await measureNights(home))];
    } finally {
      await product.interrupt();
      rmSync(home, { recursive: true });
    }
  },
};

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordBehaviours, type BehaviourRecord } from '@lacuna/application';
import { cli, freshHome, root, startProduct } from '../../e2e/product.js';
import { compareAll, milliseconds, throughput, type Figure } from '../measure.js';
import { frameAs } from '../people.js';
import { recordOverGrpc, type Line } from '../product-recording.js';
import { dayBefore, membersOf } from './behaviour.figures.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

const BATCH = 500;
const CLOCK = '1998-07-01T00:00+08:00';
const LIVE_AFTER = '1998-01-01';
const NIGHTS = 212;
const NO_LINE: Line = ['', '', '', ''];

const must = async (home: string, ...args: readonly string[]): Promise<void> => {
  const { code, stderr } = await cli(home, ...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
};

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

/** As many through the handlers, in this process: no transport, no views, no reactor. Of as many people and days. */
const recordedHere = (bench: Bench, members: readonly string[]) => {
  const { house } = bench;
  let made = 0;
  const batch = (): readonly BehaviourRecord[] =>
    Array.from({ length: BATCH }, () => {
      made += 1;
      return {
        recordId: `floor-${made}`,
        member: { memberId: members[(made * 7919) % members.length] ?? '' },
        kind: 'purchase',
        occurred: dayBefore(1 + (made % 150)),
        details: { units: '2', amount: '9.99' },
      };
    });
  return async (rows: number): Promise<number> => {
    const batches = Array.from({ length: Math.ceil(rows / BATCH) }, batch);
    const perSecond = await throughput({ count: batches.length, width: 1 }, (index) =>
      house.run(new RecordBehaviours(frameAs('integrator'), batches[index] ?? [])),
    );
    return perSecond * BATCH;
  };
};

/**
 * The bar's line on imports: beside recording the very same rows in the very same product. What the handlers do alone,
 * in a process that does nothing else, stands beside it: neither of the two has that.
 */
const measureImport = async (bench: Bench, home: string): Promise<readonly Figure[]> => {
  const rows = scaled(20_000, bench, 2_000);
  const here = recordedHere(bench, await membersOf(bench, scaled(8_000, bench, 1_000)));
  await here(BATCH);
  let round = 0;
  let imported = 0;
  const name = `import of a file of ${rows.toLocaleString('en')} live rows, command line and server`;
  return compareAll(scaled(3, bench), [
    {
      name,
      unit: '/s',
      floorName: 'recording as many through the streaming call of the same server',
      bar: { atLeast: 0.7 },
      floor: () => recordOverGrpc(home, liveLines(rows, 100 + round), `floor-${round}`),
      value: async () => {
        const file = join(home, `live-${round}.csv`);
        writeFile(file, liveLines(rows, round));
        round += 1;
        const spent = await milliseconds(() => must(home, 'import', 'behaviour', file, '--kind', 'purchase'));
        imported = (rows * 1e3) / spent;
        return imported;
      },
    },
    {
      name: 'the same import',
      unit: '/s',
      floorName: `recording as many through the handlers alone, in process, batches of ${BATCH}`,
      floor: () => here(rows),
      value: () => Promise.resolve(imported),
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

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordBehaviours, RegisterMember, type BehaviourRecord } from '@lacuna/application';
import { cli, freshHome, root, startProduct } from '../../e2e/product.js';
import { compareAll, milliseconds, throughput, type Figure } from '../measure.js';
import { frameAs } from '../people.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

const BATCH = 500;
const CLOCK = '1998-07-01T00:00+08:00';
const LIVE_AFTER = '1998-01-01';
const NIGHTS = 212;

const must = async (home: string, ...args: readonly string[]): Promise<void> => {
  const { code, stderr } = await cli(home, ...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
};

/** The demo purchases whose windows are open, again and again in another order until there are so many. */
const writeLiveFile = (path: string, rows: number, round: number): void => {
  const demo = readFileSync(join(root, 'infra', 'demo', 'purchases.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  const live = demo.slice(1).filter((line) => (line.split(',')[1] ?? '') > LIVE_AFTER);
  const lines = Array.from({ length: rows }, (_, row) => live[(row * 7919 + round) % live.length] ?? '');
  writeFileSync(path, `${demo[0] ?? ''}\n${lines.join('\n')}\n`);
};

const recorded = async ({ house, people }: Bench, rows: number): Promise<number> => {
  const members: string[] = [];
  await throughput({ count: 2_000, width: 64 }, async () => {
    const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), people.next()));
    members.push(memberId);
  });
  const today = new Date(Date.now() - 86_400_000 * 2).toISOString().slice(0, 10);
  const batch = (from: number): readonly BehaviourRecord[] =>
    Array.from({ length: BATCH }, (_, index) => ({
      recordId: `floor-${from + index}`,
      member: { memberId: members[(from + index) % members.length] ?? '' },
      kind: 'purchase',
      occurred: today,
      details: { units: '2', amount: '9.99' },
    }));
  await house.run(new RecordBehaviours(frameAs('integrator'), batch(-BATCH)));
  let next = 0;
  const count = Math.ceil(rows / BATCH);
  const perSecond = await throughput({ count, width: 1 }, async () => {
    const from = next;
    next += BATCH;
    await house.run(new RecordBehaviours(frameAs('integrator'), batch(from)));
  });
  return perSecond * BATCH;
};

const measureImport = (bench: Bench, home: string): Promise<readonly Figure[]> => {
  const rows = scaled(20_000, bench, 2_000);
  let round = 0;
  return compareAll(scaled(3, bench), [
    {
      name: `import of a file of ${rows.toLocaleString('en')} live rows, command line and server`,
      unit: '/s',
      floorName: `recording as many through the handler path, batches of ${BATCH}`,
      bar: { atLeast: 0.7 },
      floor: () => recorded(bench, rows),
      value: async () => {
        const file = join(home, `live-${round}.csv`);
        writeLiveFile(file, rows, round);
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

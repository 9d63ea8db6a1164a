import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordBehaviours, type BehaviourRecord } from '@lacuna/application';
import { root } from '../../e2e/product.js';
import { must, startApart } from '../apart.js';
import { compareAll, milliseconds, throughput, type Figure } from '../measure.js';
import { frameAs } from '../people.js';
import { dayBefore, membersOf } from './behaviour.figures.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

const BATCH = 500;
// A prime: every person comes on every day before anybody comes on a day again.
const DAYS = 149;
const DETAILS = { units: '2', amount: '9.99' } as const;
const MEMBERS_FILE = join(root, 'infra', 'demo', 'members.csv');

/** The same rows for both: of so many people in turn, over half a year that is open. */
const rowOf = (number: number, people: readonly string[]): readonly [person: string, day: string] => [
  people[(number * 7919) % people.length] ?? '',
  dayBefore(1 + (number % DAYS)),
];

/** Through the handlers in this process, batch by batch: nothing but them, a log and custody. */
const recordedHere = (bench: Bench, members: readonly string[]) => {
  let made = 0;
  const record = (): BehaviourRecord => {
    made += 1;
    const [memberId, occurred] = rowOf(made, members);
    return { recordId: `floor-${made}`, member: { memberId }, kind: 'purchase', occurred, details: DETAILS };
  };
  return async (rows: number): Promise<number> => {
    const batches = Array.from({ length: Math.ceil(rows / BATCH) }, () =>
      Array.from({ length: BATCH }, record),
    );
    const perSecond = await throughput({ count: batches.length, width: 1 }, (index) =>
      bench.house.run(new RecordBehaviours(frameAs('integrator'), batches[index] ?? [])),
    );
    return perSecond * BATCH;
  };
};

const writeMembers = (file: string, count: number): readonly string[] => {
  const lines = readFileSync(MEMBERS_FILE, 'utf8')
    .split('\n')
    .slice(0, count + 1);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return lines.slice(1).map((line) => line.split(',')[0] ?? '');
};

/** Through the command line into a command-api: a file of such rows, from the start of the command to its end. */
const importedInto = (home: string, customers: readonly string[]) => {
  let made = 0;
  const line = (): string => {
    made += 1;
    return [...rowOf(made, customers), DETAILS.units, DETAILS.amount].join(',');
  };
  return async (rows: number): Promise<number> => {
    const file = join(home, `live-${made}.csv`);
    writeFileSync(file, `customer_id,date,units,amount\n${Array.from({ length: rows }, line).join('\n')}\n`);
    const spent = await milliseconds(() => must(home, 'import', 'behaviour', file, '--kind', 'purchase'));
    return (rows * 1e3) / spent;
  };
};

/** The bar's line on imports: neither side builds views or looks for work, as where the apps are apart. */
const measure = async (bench: Bench): Promise<readonly Figure[]> => {
  const rows = scaled(60_000, bench, 2_000);
  const people = scaled(8_000, bench, 1_000);
  // The command line also asks what was brought in before, which query-api knows.
  const apart = await startApart(['command-api', 'query-api']);
  try {
    const file = join(apart.home, 'members.csv');
    const customers = writeMembers(file, people);
    await must(apart.home, 'import', 'members', file);
    const here = recordedHere(bench, await membersOf(bench, people));
    const imported = importedInto(apart.home, customers);
    await here(BATCH);
    await imported(BATCH);
    return await compareAll(scaled(3, bench), [
      {
        name: `import of a file of ${rows.toLocaleString('en')} live rows, command line and command-api`,
        unit: '/s',
        floorName: `recording as many through the handlers, in process, batches of ${BATCH}`,
        bar: { atLeast: 0.7 },
        floor: () => here(rows),
        value: () => imported(rows),
      },
    ]);
  } finally {
    await apart.stop();
  }
};

/** A file through the command line, beside what the handlers alone can do. */
export const importFigures: FigureGroup = { name: 'import', measure };

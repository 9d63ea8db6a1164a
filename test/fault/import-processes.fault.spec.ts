import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fleet, type Member } from '../kafka/fleet.js';
import { rowsOf, wholeLog } from './product/log.js';
import { until } from './product/waiting.js';

const CUSTOMERS = 300;
const TIMES = 60;
/** At which chunks of some 125: early enough that the import is still under way once the first one is back. */
const FIRST_HIT = 3;
const SECOND_HIT = 20;

const linesOf = (file: string): readonly string[] =>
  readFileSync(join('infra', 'demo', file), 'utf8')
    .trimEnd()
    .split('\n');

/** The first members of the demo, and all they bought, several times: a row that is twice there counts twice. */
const filesIn = (folder: string) => {
  const [head = '', ...people] = linesOf('members.csv');
  const some = people.slice(0, CUSTOMERS);
  const numbers = new Set(some.map((line) => line.split(',')[0]));
  const [columns = '', ...all] = linesOf('purchases.csv');
  const theirs = all.filter((line) => numbers.has(line.split(',')[0]));
  const rows = Array.from({ length: TIMES }, () => theirs).flat();
  mkdirSync(folder, { recursive: true });
  const [members, purchases] = [join(folder, 'members.csv'), join(folder, 'purchases.csv')];
  writeFileSync(members, `${[head, ...some].join('\n')}\n`);
  writeFileSync(purchases, `${[columns, ...rows].join('\n')}\n`);
  const sum = (column: number, scale: number): number =>
    rows.reduce((total, line) => total + Math.round(Number(line.split(',')[column]) * scale), 0);
  return { members, purchases, rows: rows.length, units: sum(2, 1), cents: sum(3, 100) };
};

type Imported = Readonly<{ rows: number; live: number; countedOnly: number; rejected: number }>;

let fleet: Fleet;
beforeAll(async () => {
  fleet = new Fleet(2, { LACUNA_CLOCK: '1998-07-01T00:00+08:00' });
  await fleet.start();
}, 180_000);
afterAll(() => fleet.remove(), 120_000);

const chunksIn = async (): Promise<number> => {
  const [row] = await rowsOf<{ next: number }>(
    fleet,
    'SELECT next_chunk::int AS next FROM custody.imports WHERE rows > 0',
  );
  return row?.next ?? 0;
};

it('an import goes on to the row while one command-api after the other is killed or ended, and comes back', async () => {
  const { members, purchases, rows, units, cents } = filesIn(join(fleet.home, 'files'));
  expect((await fleet.cli('import', 'members', members)).code).toBe(0);
  const [one, other] = fleet.members.filter(({ app }) => app === 'command-api') as [Member, Member];

  let isOver = false;
  const imported = fleet.cli('import', 'behaviour', purchases, '--kind', 'purchase').finally(() => {
    isOver = true;
  });
  const hit = async (chunk: number, member: Member, end: () => Promise<unknown>): Promise<void> => {
    await until(`chunk ${chunk} is in`, async () => isOver || (await chunksIn()) >= chunk);
    // Else nothing was hit.
    expect(isOver).toBe(false);
    await end();
    member.start();
    await fleet.whole();
  };
  await hit(FIRST_HIT, one, () => one.kill());
  await hit(SECOND_HIT, other, () => {
    other.signal('SIGTERM');
    return other.life!.exit;
  });
  const { code, document, errors } = await imported;
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const counts = document as Imported;
  expect({ rows: counts.rows, in: counts.live + counts.countedOnly }).toEqual({ rows, in: rows });
  expect(counts.live).toBeGreaterThan(0);
  const recorded = (await wholeLog(fleet)).filter(({ type }) => type === 'BehaviourRecorded');
  expect(recorded).toHaveLength(counts.live);

  expect((await fleet.cli('clock', 'advance', 'P1D')).code).toBe(0);
  const stats = await fleet.cli('stats', '--by', 'total');
  expect(stats.document).toMatchObject({
    total: { count: String(rows), units: String(units), sum: String(cents) },
  });
}, 300_000);

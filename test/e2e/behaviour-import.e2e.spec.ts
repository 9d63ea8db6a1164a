import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withOwner } from '../attack/relink-product.js';
import { untilIn } from './import-place.js';
import { readLog, stopLog } from './log-engine.js';
import { cli, cliJson, freshHome, ownerUrl, startCli, startProduct, type Product } from './product.js';

/** The whole file of purchases where time is against it: a night that falls into it, and days long closed. */
const file = join('infra', 'demo', 'purchases.csv');
const ALL = { count: 69_659, units: 167_881, sum: 250_031_563 };
/** Live on 1 July; the first days of January, some seventy rows each, close one a night. */
const LIVE = 12_694;

type Imported = Readonly<{ rows: number; live: number; countedOnly: number; rejected: number }>;
type Statistics = Readonly<{
  total: Readonly<{ count: string; units: string; sum: string }>;
  remainder: boolean;
}>;
type Status = Readonly<{ openImports: readonly string[] }>;

let home: string;
let product: Product;

const start = async (variables: Readonly<Record<string, string>>): Promise<void> => {
  home = freshHome();
  product = await startProduct(home, variables);
  expect((await cli(home, 'import', 'members', join('infra', 'demo', 'members.csv'))).code).toBe(0);
};
afterEach(async () => {
  await product.interrupt();
  await stopLog(home);
  rmSync(home, { recursive: true });
}, 60_000);

const importAll = ['import', 'behaviour', file, '--kind', 'purchase'] as const;
const statistics = async (): Promise<Statistics> =>
  (await cliJson<Statistics>(home, 'stats', '--by', 'kind')).document;
const rowsOf = <Row extends object>(query: string): Promise<readonly Row[]> =>
  withOwner(home, async (client) => (await client.query<Row>(query)).rows);
const isOpen = async (): Promise<boolean> =>
  (await cliJson<Status>(home, 'status')).document.openImports.length > 0;
/** A machine too busy to keep the reactor's lease says so; then the clock is walked again. */
const walkOneNight = async (): Promise<void> => {
  for (let walk = 1; ; walk += 1) {
    const { code, stderr } = await cli(home, 'clock', 'advance', 'P1D');
    if (code === 0) return;
    expect([walk < 5, stderr]).toEqual([true, expect.stringContaining('REACTOR_ELSEWHERE')]);
  }
};

const FIVE = { count: 5, units: 10, sum: 50_000 };
/**
 * Fewer than k people that a night leaves over wait for more. Where the nights fall decides whether it leaves any; so
 * five come after it, each in a month of its own, and whatever waits is counted with them.
 */
const releaseRemainder = async (): Promise<void> => {
  const rows = [1, 2, 3, 4, 5].map((n) => `0000${n},1997-0${n}-20,2,100.00`);
  const five = join(home, 'five.csv');
  writeFileSync(five, ['customer_id,date,cds,dollars', ...rows, ''].join('\n'));
  const { code, document } = await cliJson<Imported>(home, 'import', 'behaviour', five, '--kind', 'purchase');
  expect([code, document]).toEqual([0, expect.objectContaining({ rows: 5, countedOnly: 5, rejected: 0 })]);
  await walkOneNight();
};

it('R041 R046 nights that fall into the import of the whole file change nothing of its totals', async () => {
  await start({ LACUNA_CLOCK: '1998-07-01T00:00+08:00' });
  const running = startCli(home, '--json', ...importAll);
  await untilIn(home, running, 5_000);
  running.child.kill('SIGSTOP');
  await walkOneNight();
  expect(await isOpen()).toBe(true);
  const first = Number((await statistics()).total.count);
  expect([first >= 5_000, first < 69_659]).toEqual([true, true]);
  running.child.kill('SIGCONT');
  // The second one falls where it may: into a chunk, between two.
  await untilIn(home, running, 25_000);
  await walkOneNight();
  const { code, stdout } = await running.result;
  const imported = JSON.parse(stdout) as Imported;
  expect([code, imported.rows, imported.rejected]).toEqual([0, 69_659, 0]);
  expect(imported.live + imported.countedOnly).toBe(69_659);
  // What came before its day closed was taken in live; the rest of these days came too late.
  expect(imported.live).toBeLessThan(LIVE);
  expect(imported.live).toBeGreaterThan(LIVE - 700);
  await walkOneNight();
  await releaseRemainder();
  const { total, remainder } = await statistics();
  const counted = [total.count, total.units, total.sum].map(Number);
  const { count, units, sum } = ALL;
  expect([...counted, remainder]).toEqual([count + FIVE.count, units + FIVE.units, sum + FIVE.sum, false]);
}, 600_000);

it('R041 R044 by the real clock all of it is counted only, and no key is ever made for any of its days', async () => {
  await start({});
  const { code, document } = await cliJson<Imported>(home, ...importAll);
  expect([code, document]).toEqual([
    0,
    expect.objectContaining({ rows: 69_659, live: 0, countedOnly: 69_659, rejected: 0 }),
  ]);
  const scopes = await rowsOf<{ category: string; scope: string }>(
    `SELECT category, scope FROM custody.scope_keys WHERE scope <> 'membership'`,
  );
  // The night that will count them, and nothing else: neither a key of a day nor what is left of one.
  expect(scopes.map(({ category }) => category)).toEqual(['night']);
  const log = await readLog(home, ownerUrl(home));
  expect([...new Set(log.map(({ type }) => type))].sort()).toEqual([
    'BehavioursCountedOnly',
    'ImportCompleted',
    'MemberRegistered',
    'RealNameVerified',
  ]);
}, 600_000);

import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopLog } from './log-engine.js';
import { cliJson, failedStart, freshHome, launch, postmaster, startProduct } from './product.js';

const home = freshHome();
afterAll(async () => {
  await stopLog(home);
  rmSync(home, { recursive: true, force: true });
});

it.each([
  ['a mistyped variable', { LACUNA_CLOK: 'canary-1998' }, 'LACUNA_CLOK'],
  ['a missing secret', { DATABASE_URL: 'postgres://canary@127.0.0.1:1/canary' }, 'DATABASE_URL'],
  ['a default secret', { DATABASE_URL: 'postgres://canary:changeme@127.0.0.1:1/canary' }, 'DATABASE_URL'],
  ['a wrong value', { LACUNA_GRPC_ADDRESS: 'canary' }, 'LACUNA_GRPC_ADDRESS'],
])('G02 refuses to start with %s: exit 3, its name, no value', (_, variables, name) => {
  const { code, stdout, stderr } = failedStart(home, variables);
  expect([code, stderr]).toEqual([3, expect.stringContaining(name)]);
  expect(stdout + stderr).not.toMatch(/canary|changeme/);
  expect(postmaster(home)).toBeNull();
});

it.each(['command-api', 'query-api', 'projector', 'reactor'])(
  'G02 %s refuses to start with a wrong value, and where it was given no database: exit 3',
  (app) => {
    const wrong = failedStart(home, { LACUNA_LOG_URL: 'esdb://canary@127.0.0.1:1' }, app);
    expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining('LACUNA_LOG_URL')]);
    expect(wrong.stdout + wrong.stderr).not.toContain('canary');
    const alone = failedStart(home, {}, app);
    expect([alone.code, alone.stderr]).toEqual([3, expect.stringContaining('LACUNA_RUNTIME_DATABASE_URL')]);
  },
  60_000,
);

it('refuses to give demo tokens to anybody but this machine', () => {
  const { code, stderr } = failedStart(home, { LACUNA_GRPC_ADDRESS: '0.0.0.0:0' });
  expect([code, stderr]).toEqual([3, expect.stringContaining('LACUNA_GRPC_ADDRESS')]);
  expect(stderr).toContain('loopback');
});

it('a store with a real clock keeps it: nobody walks it, and no start makes it simulated', async () => {
  const product = await startProduct(home);
  const { code, document } = await cliJson<{ error: { code: string } }>(home, 'clock', 'advance', 'PT25H');
  expect([code, document.error.code]).toEqual([1, 'CLOCK_IS_REAL']);
  expect((await product.interrupt()).code).toBe(0);
  const { code: refused, stderr } = failedStart(home, { LACUNA_CLOCK: '1998-07-01T00:00+08:00' });
  expect([refused, stderr]).toEqual([3, expect.stringContaining('LACUNA_CLOCK')]);
  expect(postmaster(home)).toBeNull();
}, 120_000);

it('leaves no database behind when Ctrl-C comes in the middle of the start', async () => {
  const { child, result } = launch(home, {});
  while (postmaster(home) === null) await sleep(10);
  process.kill(-(child.pid ?? 0), 'SIGINT');
  expect((await result).code).toBe(0);
  expect(postmaster(home)).toBeNull();
}, 120_000);

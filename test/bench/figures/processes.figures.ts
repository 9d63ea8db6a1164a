import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoIssuerOptions, openDemoIssuer, readDatabaseAccess, serversOf } from '@lacuna/runtime';
import { cli, freshHome, root, startCli } from '../../e2e/product.js';
import { startCaller, type Caller } from '../grpc/caller.js';
import { compareAll, type Figure, type Load } from '../measure.js';
import { TENANT } from '../people.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

const READY_MS = 120_000;

const until = async <Found>(find: () => Found | null | undefined, what: string): Promise<Found> => {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const found = find();
    if (found !== null && found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not start`);
    await sleep(50);
  }
};

const startCommandApi = (home: string): ChildProcess =>
  spawn(process.execPath, [join(root, 'dist', 'apps', 'command-api', 'src', 'main.js')], {
    cwd: root,
    env: {
      ...process.env,
      LACUNA_HOME: home,
      LACUNA_GRPC_ADDRESS: '127.0.0.1:0',
      LACUNA_HTTP_ADDRESS: '127.0.0.1:0',
    },
    stdio: 'ignore',
  });

const addressOf = (home: string, child: ChildProcess): Promise<string> =>
  until(() => serversOf(home).find(({ pid }) => pid === child.pid)?.grpc, 'a command-api');

const ended = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(null);
    else child.once('exit', resolve);
  });

const tokenFor = async (home: string): Promise<string> => {
  const issuer = await openDemoIssuer(demoIssuerOptions(home, ['127.0.0.1']));
  return (await issuer.issue({ tenant: TENANT, role: 'integrator' })).token;
};

type Sides = Readonly<{ urls: readonly string[]; callers: readonly Caller[]; token: string }>;

/** Two callers, half of the load each: both at the first process, or each at one of its own. */
const register = async ({ urls, callers, token }: Sides, load: Load, processes: 1 | 2): Promise<number> => {
  const half = { count: load.count / 2, width: load.width / 2 };
  const rates = await Promise.all(
    callers.map((caller, index) =>
      caller.register({ ...half, token, url: urls[processes === 1 ? 0 : index] ?? '' }),
    ),
  );
  return rates.reduce((sum, rate) => sum + rate, 0);
};

const measureOn = async (bench: Bench, sides: Sides): Promise<readonly Figure[]> => {
  const load = { count: scaled(6_000, bench, 512), width: 64 };
  for (const processes of [1, 2] as const) await register(sides, { ...load, count: 1_000 }, processes);
  return compareAll(scaled(5, bench, 3), [
    {
      name: 'registrations over gRPC, two command-api processes',
      unit: '/s',
      floorName: 'one command-api process, the same two callers, the same database',
      floor: () => register(sides, load, 1),
      value: () => register(sides, load, 2),
    },
  ]);
};

const measure = async (bench: Bench): Promise<readonly Figure[]> => {
  const home = freshHome();
  const database = startCli(home, 'database');
  const started: ChildProcess[] = [];
  const callers = [startCaller(), startCaller()];
  try {
    await until(() => readDatabaseAccess(home), 'the database');
    const { code, stderr } = await cli(home, 'migrate');
    if (code !== 0) throw new Error(`migrate: ${stderr}`);
    started.push(startCommandApi(home), startCommandApi(home));
    const urls = await Promise.all(started.map((child) => addressOf(home, child)));
    return await measureOn(bench, { urls, callers, token: await tokenFor(home) });
  } finally {
    for (const caller of callers) caller.stop();
    for (const child of started) child.kill('SIGTERM');
    await Promise.all(started.map(ended));
    database.child.kill('SIGTERM');
    await database.result;
    rmSync(home, { recursive: true, force: true });
  }
};

/** What a second process of an app gives where both have one database. */
export const processFigures: FigureGroup = { name: 'processes', measure };

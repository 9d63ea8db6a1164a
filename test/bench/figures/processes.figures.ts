import { demoIssuerOptions, openDemoIssuer } from '@lacuna/runtime';
import { startApart } from '../apart.js';
import { startCaller, type Caller } from '../grpc/caller.js';
import { compareAll, type Figure, type Load } from '../measure.js';
import { TENANT } from '../people.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

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
  const apart = await startApart(['command-api', 'command-api']);
  const callers = [startCaller(), startCaller()];
  try {
    return await measureOn(bench, { urls: apart.urls, callers, token: await tokenFor(apart.home) });
  } finally {
    for (const caller of callers) caller.stop();
    await apart.stop();
  }
};

/** What a second process of an app gives where both have one database. */
export const processFigures: FigureGroup = { name: 'processes', measure };

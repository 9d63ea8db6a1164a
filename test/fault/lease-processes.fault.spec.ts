import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ApplyCorrection, RegisterMember, RequestCorrection, RequestErasure } from '@lacuna/application';
import { openEventStoreDbStore } from '@lacuna/event-store';
import { allProjections, replay } from '@lacuna/projections';
import { carClubSource } from '@lacuna/testing';
import { startDouble, stopDouble, type DoubleProcess } from '../e2e/double-process.js';
import { frameAs, memberStreamOf, openHouse, somebody, typesOf, type House } from '../integration/house.js';
import { AppProcess, type AppName } from './apart/app-process.js';
import { until } from './product/waiting.js';

/** Short enough to fall due many times in the test, on the machine's own clock. */
const changes = { 'deadlines.correction.within': 'PT4S' };
const HANDOVER_MS = 10_000;

type Told = { memberId: string; corrections: 'none' | 'left' | 'applied'; erasing: boolean };

let house: House;
let packs: string;
let environment: Readonly<Record<string, string>>;
const running: AppProcess[] = [];

const start = (app: AppName): AppProcess => {
  const made = new AppProcess(app, environment);
  running.push(made);
  return made;
};

const open = async (double: DoubleProcess | null): Promise<void> => {
  const openLog = double && (() => openEventStoreDbStore({ connectionString: double.url }));
  house = await openHouse({ from: null, changes, ...(openLog && { openLog }) });
  await house.runner.stop();
  packs = await mkdtemp(join(tmpdir(), 'lacuna-packs-'));
  for (const pack of ['car-club', 'other-club'])
    await writeFile(join(packs, `${pack}.yaml`), JSON.stringify(await carClubSource({ ...changes, pack })));
  environment = {
    LACUNA_RUNTIME_DATABASE_URL: house.database.runtimeUrl,
    LACUNA_KEY_FILE: house.keyFile,
    LACUNA_PACKS: packs,
    ...(double && { LACUNA_LOG_URL: double.url }),
  };
};

const end = async (double: DoubleProcess | null): Promise<void> => {
  await Promise.all(running.splice(0).map((one) => one.remove()));
  await house.drop();
  await rm(packs, { recursive: true, force: true });
  if (double !== null) await stopDouble(double);
};

type LeaseRow = Readonly<{ holder: string; epoch: string }>;

const leaseOf = async (name: string): Promise<LeaseRow | undefined> => {
  const { rows } = await house.pool.query<LeaseRow>('SELECT holder, epoch FROM meta.lease WHERE name = $1', [
    name,
  ]);
  return rows[0];
};

const holderOf = async (name: string): Promise<AppProcess> => {
  const lease = await leaseOf(name);
  const holder = running.find(({ pid }) => lease?.holder.split('-').includes(String(pid)));
  if (holder === undefined) throw new Error(`nobody here holds ${name}`);
  return holder;
};

const LEASES = { reactor: 'reactor', projector: 'member-directory' } as const;

/** What moves under the lease: it is only handed over when somebody else moves it. */
const placeOf = async (app: keyof typeof LEASES): Promise<bigint> => {
  const { rows } = await house.pool.query<{ position: string }>(
    app === 'reactor'
      ? 'SELECT position FROM meta.reactor'
      : "SELECT min(c.position) AS position FROM views.checkpoint c JOIN views.build b ON b.id = c.build AND b.state = 'live'",
  );
  return BigInt(rows[0]?.position ?? '0');
};

/** From the signal until somebody else acts; the work in between goes on. */
const handover = async (app: keyof typeof LEASES, signal: NodeJS.Signals): Promise<number> => {
  const before = await leaseOf(LEASES[app]);
  const holder = await holderOf(LEASES[app]);
  const began = performance.now();
  holder.signal(signal);
  await until(
    `another ${app} holds the lease`,
    async () => (await leaseOf(LEASES[app]))?.epoch !== before?.epoch,
  );
  const reached = await placeOf(app);
  await until(`another ${app} acts`, async () => (await placeOf(app)) > reached);
  return Math.round(performance.now() - began);
};

/** Members come, are corrected, have corrections left undone, and leave, until told to end. */
const write = async (told: Told[], signal: AbortSignal): Promise<void> => {
  for (let n = 0; !signal.aborted; n++) {
    const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), somebody()));
    const one: Told = { memberId, corrections: 'none', erasing: n % 3 === 0 };
    told.push(one);
    if (n % 2 === 0) {
      const changed = { memberId, changes: { plate: `京A${String(n).padStart(5, '0')}` } };
      const { correctionId } = await house.run(new RequestCorrection(frameAs('integrator'), changed));
      one.corrections = n % 4 === 0 ? 'applied' : 'left';
      if (n % 4 === 0)
        await house.run(new ApplyCorrection(frameAs('customer-service'), { memberId, correctionId }));
    }
    if (one.erasing)
      await house.run(
        new RequestErasure(frameAs('integrator'), { memberId, reason: 'exit', categories: [] }),
      );
    await pause(40, undefined, { signal }).catch(() => undefined);
  }
};

const times = (types: readonly string[], type: string): number => types.filter((one) => one === type).length;

const settled = async ({ memberId, erasing, corrections }: Told): Promise<boolean> => {
  const types = await typesOf(house, memberStreamOf(memberId));
  return erasing
    ? types.includes('MemberErased')
    : corrections !== 'left' || types.includes('CorrectionOverdue');
};

// Stopped inside a batch, it finds its session ended; else the lease in other hands.
const NOTICED = /LEASE_LOST|a view is in trouble/;

/** Each app is stopped and continued, then killed, while the others stand by. */
const rounds = async (): Promise<Record<string, number>> => {
  const handovers: Record<string, number> = {};
  for (const app of ['projector', 'reactor'] as const) {
    // Stopped, followed, and continued: it finds that it is not its turn any more.
    const stopped = await holderOf(LEASES[app]);
    handovers[`${app} stopped`] = await handover(app, 'SIGSTOP');
    const { epoch } = (await leaseOf(LEASES[app])) ?? { epoch: '' };
    stopped.signal('SIGCONT');
    const lines = (): readonly string[] => stopped.log().filter((line) => NOTICED.test(line));
    await until(`the ${app} that was stopped notices: ${lines().join('')}`, () => lines().length > 0);
    await until('it stands by', () => stopped.isReady());
    expect(stopped.ended).toBe(false);
    expect(await leaseOf(LEASES[app])).toMatchObject({ epoch });
    // Killed: the one that stands by follows at once.
    const killed = await holderOf(LEASES[app]);
    handovers[`${app} killed`] = await handover(app, 'SIGKILL');
    expect(await holderOf(LEASES[app])).toBe(stopped);
    expect(killed.ended).toBe(true);
    await start(app).started();
  }
  return handovers;
};

const handedOver = async (engine: string): Promise<void> => {
  const apps = ['projector', 'projector', 'reactor', 'reactor'] as const;
  await Promise.all(apps.map((app) => start(app).started()));
  const told: Told[] = [];
  const writing = new AbortController();
  const writer = write(told, writing.signal);
  const handovers = await rounds().finally(() => {
    writing.abort();
    return writer;
  });
  process.stdout.write(
    `B05 on ${engine}, handovers in ms: ${JSON.stringify(handovers)}, ${told.length} members\n`,
  );
  for (const [what, ms] of Object.entries(handovers))
    expect({ what, isInTime: ms <= HANDOVER_MS }).toEqual({ what, isInTime: true });

  for (const one of told) await until(`what was asked for ${one.memberId} is done`, () => settled(one));
  // Longer than a deadline and a look of the loop: what would happen twice, would have.
  await pause(5_000);
  for (const one of told) {
    const types = await typesOf(house, memberStreamOf(one.memberId));
    const erased = one.erasing ? 1 : 0;
    expect({
      started: times(types, 'ErasureStarted'),
      erased: times(types, 'MemberErased'),
      overdue: times(types, 'CorrectionOverdue') <= 1,
    }).toEqual({ started: erased, erased, overdue: true });
    if (!one.erasing && one.corrections !== 'left') expect(types).not.toContain('CorrectionOverdue');
  }
  const head = await house.store.head();
  for (const { name } of allProjections) await house.queries.waitUntil(name, head, 30_000);
  expect(await replay({ store: house.store, databaseUrl: house.database.runtimeUrl })).toMatchObject({
    same: true,
  });
};

it.each(['PostgreSQL', 'EventStoreDB'])(
  'B05 two projectors and two reactors with the log on %s, killed, stopped and continued: each thing happens once, every view equals a replay',
  async (engine) => {
    const double = engine === 'PostgreSQL' ? null : await startDouble();
    await open(double);
    try {
      await handedOver(engine);
    } finally {
      await end(double);
    }
  },
  300_000,
);

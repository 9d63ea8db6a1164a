import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegisterMember } from '@lacuna/application';
import { demoIssuer } from '../grpc/bench-issuer.js';
import { startCaller, type Caller } from '../grpc/caller.js';
import { serveCommands, serveEcho, type Served } from '../grpc/servers.js';
import { compareAll, throughput, type Load } from '../measure.js';
import { frameAs } from '../people.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

type Sides = Readonly<{ echo: Served; commands: Served; caller: Caller; token: string }>;

const measureCalls = async (bench: Bench, sides: Sides, load: Load) => {
  const { house, people } = bench;
  const { caller, token, echo, commands } = sides;
  const overEcho = (some: Load) => caller.register({ ...some, token, url: echo.url });
  const overGrpc = (some: Load) => caller.register({ ...some, token, url: commands.url });
  const inProcess = async (some: Load): Promise<number> => {
    const infos = Array.from({ length: some.count }, () => people.next());
    return throughput(
      some,
      (index) => house.run(new RegisterMember(frameAs('integrator'), infos[index] ?? {})),
      () => house.ports.confirmations.flush(),
    );
  };
  const warm = { ...load, count: Math.min(load.count, 1_000) };
  for (const run of [overEcho, inProcess, overGrpc]) await run(warm);
  let parts = {};
  const floor = async (): Promise<number> => {
    const [e, h] = [await overEcho(load), await inProcess(load)];
    parts = { 'E: bare echo': e, 'H: handler path': h };
    return 1 / (1 / e + 1 / h);
  };
  return compareAll(scaled(5, bench, 3), [
    {
      name: `registrations over gRPC, ${load.width} at once, caller in a process of its own`,
      unit: '/s',
      floorName: '1/(1/E + 1/H)',
      bar: { atLeast: 0.7 },
      floor,
      value: () => overGrpc(load),
      parts: () => parts,
    },
  ]);
};

/** The bar's line on gRPC: the real server and a real client, beside a bare echo and the handler path taken one after the other. */
export const grpcFigures: FigureGroup = {
  name: 'grpc',
  measure: async (bench) => {
    const folder = await mkdtemp(join(tmpdir(), 'lacuna-bench-grpc-'));
    const issuer = await demoIssuer(folder);
    const commands = await serveCommands(bench.house, issuer);
    const echo = await serveEcho();
    const caller = startCaller();
    try {
      const token = await issuer.token('integrator');
      const load = { count: scaled(6_000, bench, 256), width: 64 };
      return await measureCalls(bench, { echo, commands, caller, token }, load);
    } finally {
      caller.stop();
      await echo.stop();
      await commands.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

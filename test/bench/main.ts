import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { Logger } from '@nestjs/common';
import { Command, InvalidArgumentError } from 'commander';
import { appendFigures, latencyFigures } from './figures/appends.figures.js';
import { behaviourFigures } from './figures/behaviour.figures.js';
import { commandFigures } from './figures/commands.figures.js';
import { destructionFigures } from './figures/destruction.figures.js';
import { engineFigures } from './figures/engines.figures.js';
import type { FigureGroup } from './figures/figure-group.js';
import { grpcFigures } from './figures/grpc.figures.js';
import { importFigures } from './figures/import.figures.js';
import { processFigures } from './figures/processes.figures.js';
import { productFigures } from './figures/product.figures.js';
import { relayFigures } from './figures/relay.figures.js';
import { replayFigures } from './figures/replay.figures.js';
import { plainInserts } from './floors.js';
import { openHouse, startServer } from './house.js';
import type { Figure } from './measure.js';
import { openPeople } from './people.js';
import { busyText, reportText, type Machine } from './report.js';

const GROUPS: readonly FigureGroup[] = [
  commandFigures,
  grpcFigures,
  behaviourFigures,
  importFigures,
  productFigures,
  replayFigures,
  destructionFigures,
  appendFigures,
  latencyFigures,
  engineFigures,
  processFigures,
  relayFigures,
];

type Options = Readonly<{ json?: string; only: readonly string[]; share: number }>;

const names = GROUPS.map(({ name }) => name);

const collect = (name: string, chosen: readonly string[]): readonly string[] => {
  if (!names.includes(name)) throw new InvalidArgumentError(`one of ${names.join(', ')}`);
  return [...chosen, name];
};

const parseShare = (text: string): number => {
  const share = Number(text);
  if (!(share > 0 && share <= 10)) throw new InvalidArgumentError('a number above 0, 1 for a full run');
  return share;
};

const program = new Command('bench')
  .description('Each figure beside its floor, measured in the same run; exits 0 whatever it finds.')
  .option('--json <file>', 'also write the figures to a file')
  .option('--only <group>', `measure one group only, may be repeated: ${names.join(', ')}`, collect, [])
  .option('--share <number>', 'how much of a full run: 0.1 for a quick look', parseShare, 1);

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** A group runs on a database of its own: what one leaves behind slows no other. */
const measureGroup = async (group: FigureGroup, share: number): Promise<readonly Figure[]> => {
  const house = await openHouse();
  try {
    const people = await openPeople();
    return await group.measure({ house, people, inserts: plainInserts(house.ownerUrl), share });
  } finally {
    await house.close();
  }
};

const measureAll = async ({ only, share }: Options): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const group of GROUPS.filter(({ name }) => only.length === 0 || only.includes(name))) {
    say(`measuring ${group.name} ...`);
    try {
      const measured = await measureGroup(group, share);
      for (const { name, ratio } of measured) say(`  ${name}: ${ratio.toFixed(2)}`);
      figures.push(...measured);
    } catch (error) {
      say(`${group.name} could not be measured: ${error instanceof Error ? error.message : 'unknown error'}`);
    }
  }
  return figures;
};

Logger.overrideLogger(['error']);
const options = program.parse().opts<Options>();
// Before anything of ours runs.
const machine: Machine = { node: process.version, cpus: cpus().length, loadBefore: loadavg()[0] ?? 0 };
const server = await startServer();
try {
  const figures = await measureAll(options);
  process.stdout.write(reportText(figures) + busyText(machine));
  if (options.json !== undefined) {
    await writeFile(
      options.json,
      `${JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2)}\n`,
    );
  }
} finally {
  await server.stop();
}

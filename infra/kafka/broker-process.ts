import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOG_CONFIGURATION, serverProperties, type KafkaSettings, type NodePlace } from './node-settings.js';

const START_MS = 90_000;
const STOP_MS = 20_000;
const STEP_MS = 50;

/** What all nodes of a cluster share. */
export type ClusterPlan = Readonly<{
  classPath: string;
  clusterId: string;
  nodes: readonly NodePlace[];
  settings: KafkaSettings;
  heapMb: number;
}>;

// One thread for the collector and the quick compiler only: three of these share two cores.
const jvm = ({ heapMb }: ClusterPlan): readonly string[] => [
  `-Xmx${heapMb}m`,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
];

const tool = (plan: ClusterPlan, name: string, ...args: readonly string[]): readonly string[] => [
  ...jvm(plan),
  ...['-cp', plan.classPath, name, ...args],
];

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });

/** One broker as a process of its own: ends as it is told to, and comes back over the same data and port. */
export class BrokerProcess {
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();

  constructor(
    readonly place: NodePlace,
    private readonly plan: ClusterPlan,
  ) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What it said that was wrong, for whoever looks for a reason. */
  get log(): string {
    const file = join(this.place.folder, 'server.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Makes the data where there is none. */
  prepare(): void {
    const { folder } = this.place;
    mkdirSync(folder, { recursive: true });
    const properties = join(folder, 'server.properties');
    writeFileSync(properties, serverProperties(this.place, this.plan.nodes, this.plan.settings));
    writeFileSync(join(folder, 'log4j2.properties'), LOG_CONFIGURATION);
    if (existsSync(join(folder, 'data', 'meta.properties'))) return;
    const format = tool(this.plan, 'kafka.tools.StorageTool', 'format', '-t', this.plan.clusterId);
    const made = spawnSync('java', [...format, '-c', properties], { encoding: 'utf8' });
    if (made.status !== 0)
      throw new Error(`Kafka's data could not be made in ${folder}: ${made.stderr.trim()}`);
  }

  /** Started, not yet ready. A group of its own: Ctrl-C of a terminal reaches us, and we stop it in order. */
  launch(): void {
    if (this.#child !== null) return;
    const { folder } = this.place;
    const output = openSync(join(folder, 'server.log'), 'a', 0o600);
    const args = tool(this.plan, 'kafka.Kafka', join(folder, 'server.properties'));
    const child = spawn('java', [`-Dlog4j2.configurationFile=${folder}/log4j2.properties`, ...args], {
      cwd: folder,
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    child.once('error', () => undefined);
    child.unref();
    writeFileSync(join(folder, 'pid'), String(child.pid));
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        rmSync(join(folder, 'pid'), { force: true });
        this.#child = null;
        resolve();
      });
    });
  }

  /** Until its port answers, which is before it can do its work. */
  async listening(): Promise<void> {
    const deadline = performance.now() + START_MS;
    while (!(await answers(this.place.brokerPort))) {
      if (this.#child === null)
        throw new Error(`Kafka node ${this.place.id} ended: ${this.log.slice(-2_000)}`);
      if (performance.now() > deadline)
        throw new Error(`Kafka node ${this.place.id} did not listen within ${START_MS / 1e3} s`);
      await sleep(STEP_MS);
    }
  }

  /** kill -9, and gone. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#gone();
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Hands its partitions over first; one that does not end is killed. */
  async stop(): Promise<void> {
    this.resume();
    this.#child?.kill('SIGTERM');
    const patience = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    await this.#gone();
    clearTimeout(patience);
  }

  // A broker keeps this process from ending only while somebody waits for the broker's end.
  async #gone(): Promise<void> {
    this.#child?.ref();
    await this.#ended;
  }
}

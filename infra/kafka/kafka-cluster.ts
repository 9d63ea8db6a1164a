import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { BrokerProcess, type ClusterPlan } from './broker-process.js';
import { kafkaClassPath } from './jars.js';
import { brokerAddress, type KafkaSettings, type NodePlace } from './node-settings.js';
import { keepFreePort, keepPort, type KeptPort } from './ports.js';
import { untilUsable } from './usable.js';

export type KafkaOptions = Readonly<{
  /** Holds a folder per node; what is there already is taken up again. */
  folder: string;
  /** 1, or 3 with every partition on all three and two of them needed for a write. */
  nodes?: 1 | 3;
  settings?: KafkaSettings;
  /** The first node's port where it is free; absent: any. */
  port?: number;
  /** False: the folder goes when it stops, also when this process is killed. */
  keep?: boolean;
  heapMb?: number;
}>;

/** One node of a running cluster, for whoever wants to see it fail. */
export type KafkaNode = Readonly<{
  id: number;
  broker: string;
  pid(): number | undefined;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
  /** Over its own data, at its own port; resolves when it listens. */
  start(): Promise<void>;
}>;

export type KafkaCluster = Readonly<{
  /** `host:port` of every node, as `LACUNA_KAFKA_BROKERS` takes them, joined by commas. */
  brokers: readonly string[];
  nodes: readonly KafkaNode[];
  folder: string;
  /** Starts what does not run, and waits until all of it works together. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}>;

// A random UUID as Kafka writes one: 16 bytes in base64url; none begins with a dash.
const clusterIdIn = (folder: string): string => {
  const file = join(folder, 'cluster-id');
  if (!existsSync(file)) writeFileSync(file, `A${randomBytes(16).toString('base64url').slice(1)}`);
  return readFileSync(file, 'utf8');
};

// The pipe closes when this process ends, whatever ends it: then its brokers end, and what they leave behind.
const WATCH = `cat >/dev/null
for file in "$1"/*/pid; do [ -f "$file" ] && kill -9 "$(cat "$file")"; done
[ "$2" = keep ] || { sleep 0.2; rm -rf "$1"; }`;

const watchOver = (folder: string, keep: boolean): (() => void) => {
  const watch = spawn('sh', ['-c', WATCH, 'sh', folder, keep ? 'keep' : 'drop'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watch.unref();
  watch.stdin.on('error', () => undefined);
  if (watch.stdin instanceof Socket) watch.stdin.unref();
  return () => watch.kill('SIGKILL');
};

const portsFor = async (nodes: number, port: number | undefined): Promise<readonly KeptPort[]> => {
  const first = port === undefined ? null : await keepPort(port);
  const ports = first === null ? [] : [first];
  while (ports.length < nodes * 2) ports.push(await keepFreePort());
  return ports;
};

const placesFor = (folder: string, ports: readonly KeptPort[]): readonly NodePlace[] => {
  const nodes = ports.length / 2;
  return Array.from({ length: nodes }, (_, index) => ({
    id: index + 1,
    brokerPort: ports[index]?.port ?? 0,
    controllerPort: ports[nodes + index]?.port ?? 0,
    folder: join(folder, `node-${index + 1}`),
  }));
};

const nodeOf = (process: BrokerProcess): KafkaNode => ({
  id: process.place.id,
  broker: brokerAddress(process.place),
  pid: () => process.pid,
  kill: () => process.kill(),
  pause: () => process.pause(),
  resume: () => process.resume(),
  stop: () => process.stop(),
  start: async () => {
    process.launch();
    await process.listening();
  },
});

const clusterOf = (processes: readonly BrokerProcess[], folder: string, keep: boolean): KafkaCluster => {
  const leave = watchOver(folder, keep);
  const brokers = processes.map(({ place }) => brokerAddress(place));
  return {
    brokers,
    nodes: processes.map(nodeOf),
    folder,
    heal: async () => {
      for (const process of processes) {
        process.resume();
        process.launch();
      }
      await Promise.all(processes.map((process) => process.listening()));
      await untilUsable(brokers, processes.length);
    },
    stop: async () => {
      // Where the data goes anyway nobody waits for a hand-over.
      await Promise.all(processes.map((process) => (keep ? process.stop() : process.kill())));
      leave();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
};

/**
 * Starts Apache Kafka (KRaft, no ZooKeeper) on 127.0.0.1, fetching it on the first call of a checkout. When it
 * resolves, topics, groups and transactions work; when `stop` resolves, or this process has been killed, nothing of it runs.
 */
export const startKafkaCluster = async (options: KafkaOptions): Promise<KafkaCluster> => {
  const { nodes = 1, settings = {}, keep = true, heapMb = 256 } = options;
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true });
  const classPath = kafkaClassPath();
  const ports = await portsFor(nodes, options.port);
  const places = placesFor(folder, ports);
  const plan: ClusterPlan = { classPath, clusterId: clusterIdIn(folder), nodes: places, settings, heapMb };
  const processes = places.map((place) => new BrokerProcess(place, plan));
  const cluster = clusterOf(processes, folder, keep);
  try {
    for (const process of processes) process.prepare();
    for (const port of ports) await port.release();
    await cluster.heal();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
};

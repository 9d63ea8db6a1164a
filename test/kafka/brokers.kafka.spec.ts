import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka, type KafkaCluster } from '@lacuna/testing';
import { Kafka, logLevel } from 'kafkajs';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const until = async (holds: () => boolean | Promise<boolean>, ms: number): Promise<boolean> => {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
};

const topicsOf = async ({ brokers }: KafkaCluster): Promise<readonly string[]> => {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
};

describe('brokers of our own', () => {
  it('one is killed, comes back at its address and has its topics still; stopped, nothing of it is left', async () => {
    const kafka = await startKafka();
    const [node] = kafka.nodes;
    const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }], waitForLeaders: true });
    await admin.disconnect();
    const first = node!.pid();
    await node!.kill();
    expect(isAlive(first!)).toBe(false);
    await kafka.heal();
    expect(node!.pid()).not.toBe(first);
    expect(await topicsOf(kafka)).toContain('kept');
    const last = node!.pid();
    await kafka.stop();
    expect(isAlive(last!)).toBe(false);
    expect(existsSync(kafka.folder)).toBe(false);
  }, 120_000);

  it('end with the process that started them, also when that is killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lacuna-kafka-'));
    const child = spawn(process.execPath, ['test/kafka/orphan-child.mjs', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(data.toString())),
    );
    const { pids } = JSON.parse(line) as { pids: number[] };
    expect(pids.map(isAlive)).toEqual([true]);
    child.kill('SIGKILL');
    expect(await until(() => !pids.some(isAlive) && !existsSync(folder), 5_000)).toBe(true);
  }, 120_000);
});

import { join } from 'node:path';
import { startKafkaCluster } from './kafka-cluster.js';

const DEFAULT_PORT = 9092;

/** One broker in the foreground, for a person who tries the product: its data stays below LACUNA_HOME. */
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const home = process.env['LACUNA_HOME'] ?? '.lacuna';
try {
  say('Starting Apache Kafka, which is fetched on the first start (43 MB) ...');
  const kafka = await startKafkaCluster({ folder: join(home, 'kafka'), port: DEFAULT_PORT, heapMb: 384 });
  say(`Kafka listens at ${kafka.brokers.join(',')}. To publish there, start the product with`);
  say(`  LACUNA_KAFKA_BROKERS=${kafka.brokers.join(',')} LACUNA_KAFKA_REPLICATION=1`);
  say('Ctrl-C stops it; its data stays.');
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void kafka.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // What the brokers hold open keeps nobody here.
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

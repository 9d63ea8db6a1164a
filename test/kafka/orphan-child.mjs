// A process that starts a broker and says where, for a test that kills it (plain JavaScript over the built product).
import { startKafkaCluster } from '../../dist/infra/kafka/index.js';

const kafka = await startKafkaCluster({ folder: process.argv[2], keep: false });
process.stdout.write(`${JSON.stringify({ pids: kafka.nodes.map((node) => node.pid()) })}\n`);
setInterval(() => undefined, 1_000);

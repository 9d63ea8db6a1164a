import { parseArgs } from 'node:util';
import { startEventStoreDbDouble } from './eventstoredb-double.js';

/** The double as a process of its own: prints its connection string on one line, ends at SIGTERM. */
const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, nodes: { type: 'string' }, file: { type: 'string' } },
  });
  const double = await startEventStoreDbDouble({
    port: Number(values.port ?? 0),
    nodes: Number(values.nodes ?? 1),
    maxAppendSize: 15 * 1024 * 1024,
    ...(values.file === undefined ? {} : { file: values.file }),
  });
  process.stdout.write(`${double.connectionString}\n`);
  process.once('SIGTERM', () => {
    void double.close();
  });
};

await main();

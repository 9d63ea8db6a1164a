import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KafkaCluster, KafkaOptions } from '../../../../infra/kafka/index.js';

/**
 * Real brokers for a spec of the tier `kafka`, in a temporary folder that goes with them, also when the run is killed.
 * Three nodes hold every partition each. Takes 4 s for one and 12 s for three.
 */
export const startKafka = async (
  options: Omit<KafkaOptions, 'folder' | 'keep'> = {},
): Promise<KafkaCluster> => {
  // Loaded by whoever wants brokers, not by every spec that imports this lib.
  const { startKafkaCluster } = await import('../../../../infra/kafka/index.js');
  return startKafkaCluster({
    ...options,
    folder: await mkdtemp(join(tmpdir(), 'lacuna-kafka-')),
    keep: false,
  });
};

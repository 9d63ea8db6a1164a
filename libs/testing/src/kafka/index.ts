export { startKafka } from './start-kafka.js';
export type { KafkaCluster, KafkaNode, KafkaSettings } from '../../../../infra/kafka/index.js';

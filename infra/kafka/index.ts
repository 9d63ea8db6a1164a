export { kafkaClassPath, whatKafkaLacks } from './jars.js';
export { startKafkaCluster, type KafkaCluster, type KafkaNode, type KafkaOptions } from './kafka-cluster.js';
export type { KafkaSettings } from './node-settings.js';

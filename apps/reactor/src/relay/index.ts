export { RELAY, relayPosition } from './checkpoint.store.js';
export type { IntegrationPublisher, OpenPublisher } from './integration-publisher.port.js';
export type { KafkaPlace } from './kafka/kafka-client.js';
export { kafkaPublisher, type KafkaPublisherOptions } from './kafka/kafka-publisher.js';
export { Relay, type PublishedBatch, type RelayParts } from './relay.js';
export { RelayModule, type RelayWiring } from './relay.module.js';

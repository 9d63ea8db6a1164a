import { Module, type DynamicModule } from '@nestjs/common';
import { topics } from '@lacuna/contracts';
import {
  forgetProcessor,
  leaseSessions,
  readSettingFile,
  type KafkaConfig,
  type SettingKey,
} from '@lacuna/runtime';
import type { HostParts } from '../../host/src/index.js';
import { relayHealth } from './relay-health.js';
import { kafkaPublisher, RELAY, RelayModule, type KafkaPlace } from './relay/index.js';
import { withheldBy } from './withheld.js';

export type RelayHost = Pick<
  HostParts,
  'clock' | 'config' | 'database' | 'health' | 'holder' | 'logger' | 'metrics' | 'packs' | 'pool' | 'store'
>;

const textOf = (key: SettingKey, file: string): string => readSettingFile(key, file).toString('utf8');

const tlsOf = ({ caFile, certificate }: NonNullable<KafkaConfig['tls']>): KafkaPlace['tls'] & object => ({
  ca: caFile === null ? null : textOf('LACUNA_KAFKA_CA_FILE', caFile),
  certificate: certificate && {
    cert: textOf('LACUNA_KAFKA_CERT_FILE', certificate.certFile),
    key: textOf('LACUNA_KAFKA_CERT_KEY_FILE', certificate.keyFile),
  },
});

const placeOf = ({ brokers, tls }: KafkaConfig): KafkaPlace => ({
  brokers,
  ...(tls === null ? {} : { tls: tlsOf(tls) }),
});

const relayOf = (kafka: KafkaConfig, host: RelayHost): DynamicModule => {
  const { clock, database, health, holder, logger, metrics, pool } = host;
  const turn = { isHeld: false };
  health.register(
    RELAY,
    relayHealth(host, () => turn.isHeld),
  );
  return RelayModule.forRoot({
    pool,
    holder,
    connect: leaseSessions(database.runtimeUrl),
    openPublisher: kafkaPublisher({
      ...placeOf(kafka),
      declared: topics({
        replicationFactor: kafka.replication,
        simulatedClock: clock.kind === 'simulated',
      }),
      logger: logger.for('kafka'),
    }),
    isWithheld: withheldBy(host),
    onHolding: (isHolding) => {
      turn.isHeld = isHolding;
    },
    onPublished: () => metrics.count('lacuna_relay_batches_total', 1),
    onTrouble: (code, what) => {
      metrics.count('lacuna_relay_retries_total', 1);
      logger.warn('nothing is published for now', { code, what });
    },
  });
};

const FORGOTTEN = Symbol('lacuna.relay-forgotten');

/**
 * The relay in a process that was told where Kafka is. In any other, nothing: where there was one once, nobody is told
 * any more that it is missing.
 */
@Module({})
export class RelayServerModule {
  static of(host: RelayHost): DynamicModule {
    const { kafka } = host.config;
    if (kafka !== null) return { module: RelayServerModule, imports: [relayOf(kafka, host)] };
    const forgotten = { provide: FORGOTTEN, useFactory: () => forgetProcessor(host.pool, RELAY) };
    return { module: RelayServerModule, providers: [forgotten] };
  }
}

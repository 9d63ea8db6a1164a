import type { ConnectionOptions } from 'node:tls';
import { Kafka, logLevel, type logCreator } from 'kafkajs';
import type { Logger } from '@lacuna/runtime';
import { OwnSockets } from './own-sockets.js';

/** Where Kafka is and how it is spoken to. */
export type KafkaPlace = Readonly<{
  /** `host:port` of some of the brokers; they name the others. */
  brokers: readonly string[];
  /**
   * `ca`: who has signed the brokers' certificates (PEM); null: whom Node trusts. `certificate`: what we show, where
   * they ask. Absent: no TLS.
   */
  tls?: Readonly<{ ca: string | null; certificate?: Readonly<{ cert: string; key: string }> | null }>;
}>;

/**
 * What the client says of itself, for whoever debugs it: where, and nothing of its own words, since they may quote a
 * record. What went wrong with a batch the publisher says.
 */
const logTo =
  (logger: Logger): logCreator =>
  () =>
  ({ namespace, label, log }) => {
    logger.debug('the Kafka client says something', {
      namespace,
      label,
      broker: log['broker'] as unknown,
      retryCount: log['retryCount'] as unknown,
    });
  };

// Which broker is asked first changes with every client: one that is dead must not be the first for ever.
let turn = 0;
const inTurn = (brokers: readonly string[]): string[] => {
  turn = (turn + 1) % Math.max(brokers.length, 1);
  return [...brokers.slice(turn), ...brokers.slice(0, turn)];
};

const sslOf = ({ ca, certificate }: NonNullable<KafkaPlace['tls']>): ConnectionOptions => ({
  ...(ca === null ? {} : { ca: [ca] }),
  ...certificate,
});

/** Enough tries to find a broker that lives. */
const TRIES = { retries: 2, initialRetryTime: 300, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 };

/** `end`: whatever it has under way or tries again reaches no broker any more. */
export type KafkaClient = Readonly<{ kafka: Kafka; end: () => void }>;

export const kafkaClient = ({ brokers, tls }: KafkaPlace, logger: Logger): KafkaClient => {
  const sockets = new OwnSockets();
  const kafka = new Kafka({
    clientId: 'lacuna-relay',
    brokers: inTurn(brokers),
    ...(tls === undefined ? {} : { ssl: sslOf(tls) }),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: TRIES,
    socketFactory: sockets.make,
    logLevel: logLevel.WARN,
    logCreator: logTo(logger),
  });
  return { kafka, end: () => sockets.end() };
};

import { Kafka, logLevel, type logCreator } from 'kafkajs';
import type { Logger } from '@lacuna/runtime';

/** Where Kafka is and how it is spoken to. */
export type KafkaPlace = Readonly<{
  /** `host:port` of some of the brokers; they name the others. */
  brokers: readonly string[];
  /** `ca`: who has signed the brokers' certificates (PEM); null: whom Node trusts. Absent: no TLS. */
  tls?: Readonly<{ ca: string | null }>;
}>;

const CODE = /\b(E[A-Z]{4,}|[A-Z]+(?:_[A-Z]+)+)\b/;

const codeIn = (text: unknown): string | undefined =>
  typeof text === 'string' ? CODE.exec(text)?.[1] : undefined;

/**
 * What the client says of itself, in our log: where and what kind of trouble. Its own words are left out, since they
 * may quote a record.
 */
const logTo =
  (logger: Logger): logCreator =>
  () =>
  ({ namespace, level, log }) => {
    const fields = {
      namespace,
      broker: log['broker'] as unknown,
      code: codeIn(log['error']) ?? codeIn(log.message),
    };
    if (level === logLevel.ERROR) logger.warn('the Kafka client has trouble', fields);
    else logger.debug('the Kafka client says something', fields);
  };

// Which broker is asked first changes with every client: one that is dead must not be the first for ever.
let turn = 0;
const inTurn = (brokers: readonly string[]): string[] => {
  turn = (turn + 1) % Math.max(brokers.length, 1);
  return [...brokers.slice(turn), ...brokers.slice(0, turn)];
};

/** Enough tries to find a broker that lives; every other trouble ends the client, and the relay begins again. */
const TRIES = { retries: 2, initialRetryTime: 300, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 };

export const kafkaClient = ({ brokers, tls }: KafkaPlace, logger: Logger): Kafka =>
  new Kafka({
    clientId: 'lacuna-relay',
    brokers: inTurn(brokers),
    ...(tls === undefined ? {} : { ssl: tls.ca === null ? true : { ca: [tls.ca] } }),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: TRIES,
    logLevel: logLevel.WARN,
    logCreator: logTo(logger),
  });

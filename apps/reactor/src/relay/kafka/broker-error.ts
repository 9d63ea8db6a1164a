import { LacunaError } from '@lacuna/domain/kernel';
import type { Logger } from '@lacuna/runtime';

const FENCED = ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING'];

/** The broker's own name of what is wrong, wherever the client has put it; empty: it was no broker that refused. */
export const typeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '';
  if ('type' in error && typeof error.type === 'string') return error.type;
  // Of several topics, say: what was wrong with the first.
  if ('errors' in error && Array.isArray(error.errors)) return typeOf(error.errors[0]);
  return error.cause === undefined ? '' : typeOf(error.cause);
};

/** Where it was given up, and what the client last asked of a broker, how often: names and counts. */
export type Progress = Readonly<{ step: string; asked: string; times: number }>;

/** The client's errors may quote what was sent: they go on as a cause, which no log shows the words of. */
export const brokerError = (cause: unknown, logger: Logger, progress: Progress): LacunaError => {
  const type = typeOf(cause);
  logger.warn('nothing is published: Kafka was given up', { ...progress, type, err: cause });
  if (cause instanceof LacunaError) return cause;
  return FENCED.includes(type)
    ? new LacunaError('RELAY_FENCED', 'another relay publishes now', [], { cause })
    : new LacunaError('BROKER_UNAVAILABLE', 'Kafka did not take it', [], { cause });
};

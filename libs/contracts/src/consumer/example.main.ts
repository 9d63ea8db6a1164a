import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { Pool } from 'pg';
import type { PublishedEvent } from '../integration/envelope.js';
import { topicContexts } from '../integration/topics.js';
import { consumeEvents } from './consume-events.js';
import { memoryInbox, type Inbox } from './inbox.js';
import { POSTGRES_INBOX_TABLE, postgresInbox } from './postgres-inbox.js';

/**
 * A downstream service, as small as one can be: it follows topics as a member of a group and prints each event once.
 * With a database it remembers what it has passed, and a second process of the same group shares the work.
 */
const { values } = parseArgs({
  options: {
    brokers: { type: 'string', default: process.env['LACUNA_KAFKA_BROKERS'] ?? '127.0.0.1:9092' },
    contexts: { type: 'string', default: topicContexts.join(',') },
    group: { type: 'string', default: 'example' },
    database: { type: 'string' },
    /** Ends after so many events. */
    limit: { type: 'string' },
  },
});

const kafka = new Kafka({ brokers: values.brokers.split(','), logLevel: logLevel.ERROR });
const pool = values.database === undefined ? null : new Pool({ connectionString: values.database });
await pool?.query(POSTGRES_INBOX_TABLE);
const inbox: Inbox<unknown> = pool === null ? memoryInbox() : postgresInbox(pool, values.group);
const limit = values.limit === undefined ? Infinity : Number(values.limit);
if (!(limit >= 1)) throw new Error('--limit takes how many events to print, 1 or more');
const { promise: ended, resolve: end } = Promise.withResolvers<null>();

let printed = 0;
const PAST_THE_LIMIT = 'past the limit';

const print = ({ type, key, sequence, time, data }: PublishedEvent): Promise<void> => {
  // What is not printed is not to be remembered as handled: it comes again, to whoever follows next.
  if (printed === limit) return Promise.reject(new Error(PAST_THE_LIMIT));
  process.stdout.write(`${JSON.stringify({ type, key, sequence, time, data })}\n`);
  printed += 1;
  if (printed === limit) end(null);
  return Promise.resolve();
};

const consuming = await consumeEvents({
  kafka,
  groupId: values.group,
  contexts: values.contexts.split(','),
  inbox,
  handle: print,
  onFailure: (error, place) => {
    const reason = error instanceof Error ? error.message : 'not handled';
    if (reason !== PAST_THE_LIMIT) process.stderr.write(`${reason}\n`);
    // It handles nothing more: whoever runs it starts it again.
    if (place === null) {
      process.exitCode = 1;
      end(null);
    }
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(null));
await ended;
await consuming.close();
await pool?.end();
process.stderr.write(`${consuming.handled} events, ${consuming.repeated} repeats dropped\n`);

// A relay as a process of its own, which may die or stand still at a named point (plain JavaScript over the built product).
// { databaseUrl, brokers, declared, batchSize, leaseMs, apart?, at?: { point, batch, signal } }
// Says, a JSON object a line: { batch, position }, { trouble }, { gaveUp }, { point } just before the signal; { rssMb } at SIGTERM.
import { randomUUID } from 'node:crypto';
import { resourceUsage } from 'node:process';
import pg from 'pg';
import { kafkaPublisher } from '../../dist/apps/reactor/src/relay/kafka/kafka-publisher.js';
import { Relay } from '../../dist/apps/reactor/src/relay/relay.js';
import { createPostgresEventStore } from '../../dist/libs/event-store/src/index.js';
import { leaseSessions, silentLogger } from '../../dist/libs/runtime/src/index.js';

const { databaseUrl, brokers, declared, batchSize, leaseMs, apart, at } = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

let batch = 0;
const reach = async (point) => {
  if (at?.point !== point || at.batch !== batch) return;
  say({ point });
  process.kill(process.pid, at.signal);
  // A stop takes effect a moment later: nothing may happen in between.
  await new Promise((resolve) => setTimeout(resolve, 200));
};

// What the publisher says when it gives up: at which step, what was asked of a broker last and how often.
const warn = (_message, { step, asked, times, type }) => say({ gaveUp: { step, asked, times, type } });
const open = kafkaPublisher({ brokers, declared, logger: { ...silentLogger, warn } });
// Who stands still before it sends has looked at its lease for the last time: nothing of its own holds it back later.
const never = new AbortController().signal;
const openPublisher = async (name, signal) => {
  // As if each relay had a name of its own, which is how a zombie gets through.
  const publisher = await open(apart ? `${name}-${randomUUID()}` : name, signal);
  return {
    publish: async (events, signal) => {
      batch += 1;
      await reach('before-send');
      await publisher.publish(events, at?.point === 'before-send' ? never : signal);
      await reach('after-commit');
    },
    close: () => publisher.close(),
  };
};

const store = createPostgresEventStore({ connectionString: databaseUrl });
const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
pool.on('error', () => undefined);
const relay = new Relay({
  store,
  pool,
  connect: leaseSessions(databaseUrl, leaseMs),
  openPublisher,
  holder: `relay-${process.pid}`,
  batchSize,
  leaseMs,
  onPublished: ({ position }) => say({ batch, position: String(position) }),
  onTrouble: (trouble) => say({ trouble }),
});
relay.start();
say({ started: true });

process.once('SIGTERM', () => {
  void relay.stop().then(async () => {
    await pool.end();
    await store.close();
    // The kernel's own high-water mark: no sample can miss a peak.
    say({ rssMb: resourceUsage().maxRSS / 1_024 });
    process.exit(0);
  });
});

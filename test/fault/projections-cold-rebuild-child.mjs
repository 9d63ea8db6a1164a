// A process that makes all views from zero and says what it took (plain JavaScript over the built product).
// { databaseUrl, events }
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { resourceUsage } from 'node:process';
import { createPostgresEventStore } from '../../dist/libs/event-store/src/index.js';
import {
  allProjections,
  connectTo,
  readLogged,
  rebuildViews,
} from '../../dist/libs/projections/src/index.js';

const { databaseUrl } = JSON.parse(process.argv[2]);
const store = createPostgresEventStore({ connectionString: databaseUrl });
const delay = monitorEventLoopDelay();
delay.enable();
const began = performance.now();
const report = await rebuildViews({
  store,
  connect: connectTo(databaseUrl),
  projections: allProjections,
  read: readLogged,
  holder: 'cold-rebuild',
  leaseMs: 30_000,
});
const seconds = (performance.now() - began) / 1_000;
await store.close();
// The kernel's own high-water mark: no sample can miss a peak.
const rssMb = resourceUsage().maxRSS / 1_024;
const longestStallMs = delay.max / 1e6;
const position = report.position.toString();
process.stdout.write(JSON.stringify({ seconds, rssMb, longestStallMs, position }));

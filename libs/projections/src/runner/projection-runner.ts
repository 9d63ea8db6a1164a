import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { LacunaError } from '@lacuna/domain/kernel';
import type { EventStore } from '@lacuna/event-store';
import { giveLease, LEASE_MS, takeLease, troubleCode, type Lease } from '@lacuna/runtime';
import type { Client } from 'pg';
import { buildsIn, progressOf } from '../build/build.store.js';
import { boundStalls, connectTo, type Connect } from '../build/session.store.js';
import type { EventReader, Projection } from '../engine/index.js';
import { allProjections, readLogged } from '../views.js';
import { lowest } from './fill.js';
import { keepLive } from './live-views.js';

export type RunnerOptions = Readonly<{
  store: EventStore;
  databaseUrl: string;
  projections?: readonly Projection[];
  read?: EventReader;
  /** How long another runner waits for one that neither moves nor ends its session. */
  leaseMs?: number;
  connect?: Connect;
  /** Gets a stable code, never a value. */
  onTrouble?: (code: string) => void;
}>;

export interface ProjectionRunner {
  /** Begins to follow the log, as soon as the lease of the views is free. Returns at once. */
  start(): void;
  /** Finishes the batch in hand and gives the lease back. */
  stop(): Promise<void>;
  /** Resolves when every view that runs has passed the head of now; `VIEW_BEHIND` after the time-out. */
  drain(timeoutMs?: number): Promise<void>;
  /** `standby`: another runner holds the views. */
  readonly state: 'stopped' | 'standby' | 'running';
  /** The code of the last trouble; null: none since it last ran well. */
  readonly trouble: string | null;
}

const RETRY_MS = [50, 200, 1_000, 5_000];

type Running = { state: ProjectionRunner['state']; trouble: string | null };

const waitForLease = async (client: Client, options: Required<RunnerOptions>, signal: AbortSignal) => {
  const names = options.projections.map(({ name }) => name);
  let lease: Lease | null = null;
  while (!signal.aborted) {
    lease = await takeLease(client, names, `runner-${process.pid}-${randomUUID()}`, options.leaseMs);
    if (lease) return lease;
    await pause(Math.min(250, options.leaseMs / 4), undefined, { signal }).catch(() => undefined);
  }
  return null;
};

const session = async (
  options: Required<RunnerOptions>,
  running: Running,
  signal: AbortSignal,
): Promise<void> => {
  const client = await options.connect();
  try {
    running.state = 'standby';
    await boundStalls(client, options.leaseMs);
    const lease = await waitForLease(client, options, signal);
    if (!lease) return;
    running.state = 'running';
    running.trouble = null;
    await keepLive(client, lease, { ...options, holder: `runner-${process.pid}`, signal });
    await giveLease(client, lease);
  } finally {
    await client.end().catch(() => undefined);
  }
};

const run = async (
  options: Required<RunnerOptions>,
  running: Running,
  signal: AbortSignal,
): Promise<void> => {
  for (let tries = 0; !signal.aborted; tries++) {
    const began = Date.now();
    try {
      await session(options, running, signal);
    } catch (error) {
      running.state = 'standby';
      running.trouble = troubleCode(error);
      options.onTrouble(running.trouble);
      if (Date.now() - began > 10_000) tries = 0;
      await pause(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)], undefined, { signal }).catch(
        () => undefined,
      );
    }
  }
  running.state = 'stopped';
};

const drainTo = async (
  { store, connect, projections }: Required<RunnerOptions>,
  timeoutMs: number,
): Promise<void> => {
  const head = await store.head();
  const deadline = Date.now() + timeoutMs;
  const client = await connect();
  try {
    for (;;) {
      const [live] = await buildsIn(client, 'live');
      const views = live ? await progressOf(client, live.id, projections) : [];
      const due = views.filter(({ state }) => state === 'booting' || state === 'live');
      if (live && (due.length === 0 || lowest(due) >= head)) return;
      if (Date.now() > deadline) throw new LacunaError('VIEW_BEHIND', 'the views have not caught up in time');
      await pause(10);
    }
  } finally {
    await client.end();
  }
};

/** Follows the log with the views of one database. Several may run; one holds the lease, the others stand by. */
export const createProjectionRunner = (given: RunnerOptions): ProjectionRunner => {
  const options: Required<RunnerOptions> = {
    projections: allProjections,
    read: readLogged,
    leaseMs: LEASE_MS,
    connect: connectTo(given.databaseUrl),
    onTrouble: () => undefined,
    ...given,
  };
  const running: Running = { state: 'stopped', trouble: null };
  let stopping = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  return {
    get state() {
      return running.state;
    },
    get trouble() {
      return running.trouble;
    },
    start() {
      if (running.state !== 'stopped') return;
      running.state = 'standby';
      stopping = new AbortController();
      loop = run(options, running, stopping.signal);
    },
    async stop() {
      stopping.abort();
      await loop;
    },
    drain: (timeoutMs = 30_000) => drainTo(options, timeoutMs),
  };
};

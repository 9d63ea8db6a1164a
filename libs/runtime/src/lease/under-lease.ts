import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client, ClientBase } from 'pg';
import { LeaseError } from './lease-error.js';
import { giveLease, holdLease, seizeLease, takeLease, type Lease } from './lease.js';

/** What a holder has in hand while it acts. */
export type HeldLease = Readonly<{
  /** In the caller's transaction: proves the lease and locks it until the commit. Throws `LEASE_LOST`. */
  guard(client: ClientBase): Promise<void>;
  /**
   * Before an effect that no transaction can guard: throws `LEASE_LOST` where another may act by now, asked of the
   * machine's own clock, which goes on while a process is stopped. Nothing is asked of the database.
   */
  check(): void;
  /** Aborts when the lease is lost, cannot be renewed in its time, or is to be given back. Stop soon, write no more. */
  signal: AbortSignal;
  /** Higher with every holder. Of several names, that of the first. */
  epoch: bigint;
  lease: Lease;
}>;

export type UnderLease = Readonly<{
  /** Opens a session of its own for the lease: it lives as long as this session. */
  connect: () => Promise<Client>;
  names: readonly string[];
  /** How long others wait for a holder that neither renews nor ends its session. Asked of the machine's clock. */
  ttlMs?: number;
  /** How often somebody who stands by asks. */
  retryMs?: number;
  /** Gets a stable code, never a value. */
  onTrouble: (code: string) => void;
  onState?: (state: 'standby' | 'running') => void;
  /** Whether to take it from whoever holds it (`seizeLease`), asked at every look. */
  seize?: () => boolean;
  /** Ends it all: the lease is given back once `run` has ended. */
  signal: AbortSignal;
  /** Must end soon after `held.signal` aborts. When it ends or fails before, it is begun again. */
  run: (held: HeldLease) => Promise<void>;
}>;

/** With renewals every third of it and a look every quarter of a second, a successor acts well within ten seconds. */
export const LEASE_MS = 6_000;
const LOOK_MS = 250;
const BACK_OFF_MS = [50, 200, 1_000, 5_000];
const GOODBYE_MS = 1_000;
const RAN_WELL_MS = 10_000;

// PostgreSQL's are five letters and digits.
const CODE = /^(?:[A-Z][A-Z0-9_]{2,40}|[0-9A-Z]{5})$/;
/** A stable code of whatever was thrown: ours, PostgreSQL's or the network's; else its kind. Never its message. */
export const troubleCode = (error: unknown): string => {
  if (!(error instanceof Error)) return 'ERROR';
  return 'code' in error && typeof error.code === 'string' && CODE.test(error.code) ? error.code : error.name;
};

const rest = (ms: number, signal: AbortSignal): Promise<unknown> =>
  pause(ms, undefined, { signal }).catch(() => undefined);

/** A database that does not answer keeps nobody: what is said to it last is said within a second, or not. */
const shortly = (work: Promise<unknown>): Promise<unknown> => {
  const done = new AbortController();
  const ended = work.catch(() => undefined).finally(() => done.abort());
  return Promise.race([ended, rest(GOODBYE_MS, done.signal)]);
};

const waitForLease = async (client: Client, options: UnderLease, holder: string): Promise<Lease | null> => {
  const { names, ttlMs = LEASE_MS, retryMs = LOOK_MS, signal, seize } = options;
  while (!signal.aborted) {
    const take = seize?.() === true ? seizeLease : takeLease;
    const lease = await take(client, names, holder, ttlMs);
    if (lease) return lease;
    await rest(retryMs, signal);
  }
  return null;
};

type Keeper = Readonly<{ held: Omit<HeldLease, 'signal'>; stop(): Promise<void> }>;

/**
 * Renews the lease three times in its life, and calls `lost` when it is not ours any more: told by the database, or
 * because its time went by without an answer.
 */
const keep = (client: Client, lease: Lease, lost: (error: LeaseError) => void): Keeper => {
  let validUntil = performance.now() + lease.ttlMs;
  let renewal: Promise<void> | null = null;
  // Whatever it renews stands only when the caller commits, so it moves nothing on here.
  const prove = async (session: ClientBase): Promise<void> => {
    try {
      await holdLease(session, lease);
    } catch (error) {
      if (error instanceof LeaseError) lost(error);
      throw error;
    }
  };
  const renew = async (): Promise<void> => {
    const asked = performance.now();
    try {
      await prove(client);
      validUntil = asked + lease.ttlMs;
    } catch (cause) {
      lost(new LeaseError('the lease was not renewed', { cause }));
    }
    renewal = null;
  };
  const check = (): void => {
    if (performance.now() <= validUntil) return;
    const error = new LeaseError('the lease was not renewed in its time');
    lost(error);
    throw error;
  };
  const timer = setInterval(() => {
    if (performance.now() > validUntil) lost(new LeaseError('the lease was not renewed in its time'));
    renewal ??= renew();
  }, lease.ttlMs / 3);
  return {
    held: { guard: prove, check, epoch: BigInt(lease.epochs[0] ?? '0'), lease },
    stop: async () => {
      clearInterval(timer);
      if (renewal !== null) await shortly(renewal);
    },
  };
};

const runHeld = async (client: Client, lease: Lease, options: UnderLease): Promise<void> => {
  const ending = new AbortController();
  const lost = (error: LeaseError): void => ending.abort(error);
  const { held, stop } = keep(client, lease, lost);
  const gone = (): void => lost(new LeaseError('the session of the lease has ended'));
  client.once('end', gone);
  const check = (): void => {
    ending.signal.throwIfAborted();
    held.check();
  };
  try {
    await options.run({ ...held, check, signal: AbortSignal.any([options.signal, ending.signal]) });
  } finally {
    client.off('end', gone);
    await stop();
  }
  ending.signal.throwIfAborted();
};

const oneSession = async (options: UnderLease, holder: string): Promise<void> => {
  const client = await options.connect();
  try {
    const lease = await waitForLease(client, options, holder);
    if (lease === null) return;
    options.onState?.('running');
    try {
      await runHeld(client, lease, options);
    } finally {
      options.onState?.('standby');
      await shortly(giveLease(client, lease));
    }
  } finally {
    await shortly(client.end());
  }
};

/**
 * Waits for the lease, runs, and gives it back when the signal aborts. Where the lease is lost, the connection dies
 * or `run` fails, it tells the code and begins again, after a while that grows; it never throws. One of these per
 * name acts at a time, as far as its writes go through `guard`: a holder that was stopped and goes on later is
 * refused there. What `run` does beside the database must be harmless when it is done twice.
 */
export const underLease = async (options: UnderLease): Promise<void> => {
  const holder = `${process.pid}-${randomUUID()}`;
  for (let tries = 0; !options.signal.aborted; tries++) {
    const began = performance.now();
    try {
      await oneSession(options, holder);
    } catch (error) {
      options.onTrouble(troubleCode(error));
    }
    if (performance.now() - began > RAN_WELL_MS) tries = 0;
    await rest(BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length - 1)] ?? LOOK_MS, options.signal);
  }
};

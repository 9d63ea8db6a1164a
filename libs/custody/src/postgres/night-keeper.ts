import { randomUUID } from 'node:crypto';
import { LacunaError } from '@lacuna/domain/kernel';
import type { NightHold } from '../nights.port.js';
import type { DerivedKeys } from '../keys/derived-keys.js';
import { keyedDigest } from '../sealing/key-derivation.js';
import type { Database } from './database.js';
import type { KeyOpener } from './key-opener.js';
import { NightLock } from './night-lock.js';
import {
  dismissHolder,
  makeNight,
  nightClosed,
  nightKeys,
  readNight,
  registerHolder,
  type NightRef,
} from './night-store.js';
import { scopedKeys } from './scoped-keys.js';

/** How long a night stays held after its last holder has released it: the next batch finds it so. */
const LINGER_MS = 200;
/** How old the answer "still open" may be when another hold is given on the same lock: else a run would never come. */
const RECHECK_MS = 250;
/** How long a process that has lost its session goes on in the belief that nobody has closed the night. */
const RELOCK_MS = 2_500;
const RELOCK_PAUSE_MS = 100;
/** Pseudonyms remembered while a night is held: members come again and again. */
const MOST_PSEUDONYMS = 50_000;

/** A night as this process holds it: one lock and one registration, however many holds. */
type Held = {
  readonly ref: NightRef;
  readonly holder: string;
  readonly keys: DerivedKeys;
  /** By subject; gone with the hold. */
  readonly pseudonyms: Map<string, string>;
  refs: number;
  checkedAt: number;
  locked: boolean;
  lost: boolean;
  linger: NodeJS.Timeout | null;
};

const pseudonymIn = ({ keys, pseudonyms }: Held, subject: string): string => {
  const known = pseudonyms.get(subject);
  if (known !== undefined) return known;
  const pseudonym = keyedDigest(keys.key('tag'), subject).toString('base64url', 0, 16);
  if (pseudonyms.size >= MOST_PSEUDONYMS) pseudonyms.clear();
  pseudonyms.set(subject, pseudonym);
  return pseudonym;
};

const nameOf = ({ tenant, night }: NightRef): string => `${tenant} ${night}`;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The nights that this process records into. The lock is taken first and the night's state read after it, so whoever
 * closes a night finds either the lock or nobody.
 */
export class NightKeeper {
  /** What is given to whoever asks next, by name; and what is on its way to be. */
  private readonly nights = new Map<string, Held>();
  private readonly taking = new Map<string, Promise<Held>>();
  private readonly held = new Set<Held>();
  private readonly lock: NightLock;

  constructor(
    private readonly database: Database,
    private readonly keys: KeyOpener,
  ) {
    this.lock = new NightLock(database, () => this.relockAll());
  }

  async hold(ref: NightRef, head: () => Promise<bigint>): Promise<NightHold> {
    let held = this.nights.get(nameOf(ref));
    while (held === undefined || !this.held.has(held)) held = await this.taken(ref, head);
    held.refs += 1;
    if (held.linger) clearTimeout(held.linger);
    held.linger = null;
    try {
      if (Date.now() - held.checkedAt > RECHECK_MS) await this.recheck(held);
    } catch (error) {
      this.release(held);
      throw error;
    }
    return this.handle(held);
  }

  /** What nobody uses any more is let go at once: the run that asks need not wait for the linger. */
  async letGoIdle(ref: NightRef): Promise<void> {
    const idle = [...this.held].filter((one) => nameOf(one.ref) === nameOf(ref) && one.linger !== null);
    await Promise.all(idle.map((one) => this.letGo(one)));
  }

  /** A night whose append may be under way keeps its registration: the run gives it time to land. */
  async close(): Promise<void> {
    const idle = [...this.held].filter((one) => one.refs === 0);
    await Promise.all(idle.map((one) => this.letGo(one)));
    this.held.clear();
    this.nights.clear();
    this.lock.close();
  }

  /** Callers who come together take it once. */
  private taken(ref: NightRef, head: () => Promise<bigint>): Promise<Held> {
    const name = nameOf(ref);
    const known = this.taking.get(name);
    if (known) return known;
    const taking = this.take(ref, head).finally(() => this.taking.delete(name));
    this.taking.set(name, taking);
    return taking;
  }

  private async take(ref: NightRef, head: () => Promise<bigint>): Promise<Held> {
    const holder = randomUUID();
    await this.lock.lock(ref);
    try {
      await registerHolder(this.database, ref, holder);
      const keys = await this.openNight(ref, head);
      const state = { refs: 0, checkedAt: Date.now(), locked: true, lost: false, linger: null };
      const held: Held = { ref, holder, keys, pseudonyms: new Map(), ...state };
      this.held.add(held);
      this.nights.set(nameOf(ref), held);
      return held;
    } catch (error) {
      await dismissHolder(this.database, ref, holder).catch(() => undefined);
      await this.lock.unlock(ref).catch(() => undefined);
      throw error;
    }
  }

  /** The key of an open night, made where it is the first time. */
  private async openNight(ref: NightRef, head: () => Promise<bigint>): Promise<DerivedKeys> {
    let row = await readNight(this.database, ref);
    if (row === undefined) {
      // Asked before the night is made: whoever finds it made appends after this place, and so do we.
      await makeNight(this.database, this.keys, ref, await head());
      row = await readNight(this.database, ref);
    }
    const keys = row?.state === 'open' ? nightKeys(this.keys, ref.tenant, row) : null;
    if (keys === null) throw nightClosed();
    return keys;
  }

  private async recheck(held: Held): Promise<void> {
    const asked = Date.now();
    const row = await readNight(this.database, held.ref);
    if (row?.state !== 'open' || row.wrapped === null || held.lost) {
      this.abandon(held);
      throw nightClosed();
    }
    held.checkedAt = Math.max(held.checkedAt, asked);
  }

  /** Gives it to nobody any more; who has it keeps it. */
  private abandon(held: Held): void {
    const name = nameOf(held.ref);
    if (this.nights.get(name) === held) this.nights.delete(name);
  }

  private handle(held: Held): NightHold {
    const sealing = scopedKeys(held.keys, []);
    let released = false;
    return {
      night: held.ref.night,
      seal: (field, eventId, plaintext) => {
        if (released || held.lost)
          throw new LacunaError('CUSTODY_UNAVAILABLE', 'the hold on the night is gone');
        return sealing.seal(field, eventId, plaintext);
      },
      pseudonym: (subject) => pseudonymIn(held, subject),
      id: (label) => sealing.id(label),
      release: () => {
        if (released) return;
        released = true;
        this.release(held);
      },
    };
  }

  private release(held: Held): void {
    held.refs -= 1;
    if (held.refs > 0 || !this.held.has(held)) return;
    held.linger = setTimeout(() => void this.letGo(held), LINGER_MS);
    held.linger.unref();
  }

  private async letGo(held: Held): Promise<void> {
    if (held.refs > 0 || !this.held.delete(held)) return;
    if (held.linger) clearTimeout(held.linger);
    this.abandon(held);
    // The registration first: while the lock is held nobody asks for it. What fails here the closing run waits out.
    await dismissHolder(this.database, held.ref, held.holder).catch(() => undefined);
    if (held.locked) await this.lock.unlock(held.ref).catch(() => undefined);
  }

  private relockAll(): void {
    for (const held of this.held) {
      held.locked = false;
      void this.relock(held);
    }
  }

  /** In time the closing run does not even see that the lock was gone; else whoever holds the night seals no more. */
  private async relock(held: Held): Promise<void> {
    for (const until = Date.now() + RELOCK_MS; Date.now() < until && this.held.has(held);) {
      try {
        await this.lock.lock(held.ref);
        if (this.held.has(held)) held.locked = true;
        else await this.lock.unlock(held.ref);
        return;
      } catch {
        await pause(RELOCK_PAUSE_MS);
      }
    }
    held.lost = true;
    this.abandon(held);
  }
}

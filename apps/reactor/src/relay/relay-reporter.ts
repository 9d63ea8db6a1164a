import type { Pool } from 'pg';
import type { Position } from '@lacuna/event-store';
import { reportProcessor, type ProcessorState } from '@lacuna/runtime';
import { RELAY } from './checkpoint.store.js';

const SIGN_OF_LIFE_MS = 2_000;

/**
 * Says how the relay is: nothing before it has begun, then every two seconds. One report at a time, in their order:
 * none that is late stands over a later one. What cannot be said is said next time.
 */
export class RelayReporter {
  #position: Position | null = null;
  #saying: Promise<void> = Promise.resolve();
  #isSaying = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: Readonly<{ pool: Pool; holder: string }>,
    private readonly epoch: bigint,
  ) {}

  begin(position: Position): Promise<void> {
    this.#position = position;
    this.#timer = setInterval(() => {
      if (!this.#isSaying) void this.#say('running');
    }, SIGN_OF_LIFE_MS);
    return this.#say('running');
  }

  reached(position: Position): void {
    this.#position = position;
  }

  end(state: ProcessorState, code?: string): Promise<void> {
    clearInterval(this.#timer);
    return this.#say(state, code);
  }

  #say(state: ProcessorState, code?: string): Promise<void> {
    this.#isSaying = true;
    this.#saying = this.#saying.then(async () => {
      const { pool, holder } = this.parts;
      const failures = code === undefined ? [] : [{ kind: RELAY, code }];
      const report = { name: RELAY, holder, epoch: this.epoch, position: this.#position, state, failures };
      await reportProcessor(pool, report).catch(() => undefined);
      this.#isSaying = false;
    });
    return this.#saying;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { LacunaError } from '@lacuna/domain/kernel';
import { assertAwaited } from '@lacuna/runtime';

/** The world has moved on between load and append: load again and decide again. */
export class MovedOn extends Error {
  constructor(readonly code: string) {
    super(code);
    this.name = 'MovedOn';
  }
}

const MAX_RETRIES = 3;
const FIRST_PAUSE_MS = 4;

/** Up to twice as long each time, and anything below it: callers that met once do not meet again. */
const jitter = (retry: number): number => Math.random() * FIRST_PAUSE_MS * 2 ** retry;

/**
 * The one place that tries again (A08): at most three times after the first, each after a jittered pause.
 * What is still not through is given back to the caller as the code of its last obstacle.
 */
export const attempts = async <Answer>(attempt: (retry: number) => Promise<Answer>): Promise<Answer> => {
  for (let retry = 0; ; retry += 1) {
    assertAwaited();
    try {
      return await attempt(retry);
    } catch (error) {
      if (!(error instanceof MovedOn)) throw error;
      if (retry === MAX_RETRIES)
        throw new LacunaError(error.code, 'others were quicker each time: try again', [], { cause: error });
      await sleep(jitter(retry));
    }
  }
};

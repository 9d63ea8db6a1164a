import { setTimeout as sleep } from 'node:timers/promises';
import { errorRow } from '@lacuna/contracts';

const ATTEMPTS = 9;
const FIRST_PAUSE_MS = 25;

/** A refusal that the error table says to be tried again, with the same request id. */
export const isPassing = (reason: string | null | undefined): boolean =>
  typeof reason === 'string' && errorRow(reason)?.retry === true;

/** Asks until the answer is no passing one, each time after a longer pause; the last one is given as it is. */
export const patiently = async <Answer>(
  ask: () => Promise<Answer>,
  mayPass: (answer: Answer) => boolean,
): Promise<Answer> => {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask();
    if (!mayPass(answer) || attempt === ATTEMPTS) return answer;
    await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
  }
};

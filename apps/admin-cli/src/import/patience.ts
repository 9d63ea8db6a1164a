import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 9;
const FIRST_PAUSE_MS = 25;

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

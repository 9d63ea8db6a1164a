import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the calling process is asked for, and what it answers. */
export type CallOrder = Readonly<{ url: string; token: string; count: number; width: number }>;
export type CallReport = Readonly<{ perSecond: number } | { failure: string }>;

// Far from the numbers of the process that starts them, and from each other's.
const FIRST_NUMBER = 500_000_000;
const NUMBERS_EACH = 50_000_000;

let callers = 0;

/** A client in a process of its own, as a real one is; its people are nobody else's. */
export type Caller = Readonly<{ register(order: CallOrder): Promise<number>; stop(): void }>;

export const startCaller = (): Caller => {
  const first = FIRST_NUMBER + NUMBERS_EACH * callers;
  callers += 1;
  const child = fork(fileURLToPath(new URL('./caller.main.js', import.meta.url)), [String(first)]);
  return {
    register: (order) =>
      new Promise((resolve, reject) => {
        child.once('message', (report: CallReport) => {
          if ('perSecond' in report) resolve(report.perSecond);
          else reject(new Error(report.failure));
        });
        child.send(order);
      }),
    stop: () => {
      child.disconnect();
    },
  };
};

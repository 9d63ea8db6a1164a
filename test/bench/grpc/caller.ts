import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the calling process is asked for, and what it answers. */
export type CallOrder = Readonly<{ url: string; token: string; count: number; width: number }>;
export type CallReport = Readonly<{ perSecond: number } | { failure: string }>;

/** A client in a process of its own, as a real one is. */
export type Caller = Readonly<{ register(order: CallOrder): Promise<number>; stop(): void }>;

export const startCaller = (): Caller => {
  const child = fork(fileURLToPath(new URL('./caller.main.js', import.meta.url)));
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

import { installLastResort, onSignals, type Logger, type Shutdown } from '@lacuna/runtime';

/** Ends the process in order, for a reason, with an exit code. */
export type Stop = (reason: string, code: number) => void;

/** What is the process's own: its log, and how it ends. */
export type HostProcess = Readonly<{ logger: Logger; shutdown: Shutdown; stop: Stop }>;

/**
 * Stops in order on Ctrl-C, SIGTERM or a lost terminal (exit 0), and on an error that reached nobody (exit 1). Gives
 * the way to stop for any other reason. What comes in the middle of the start waits for it: a database that is about
 * to run would outlive the process.
 */
export const stopInOrder = (logger: Logger, shutdown: Shutdown, started: Promise<null>): Stop => {
  const stop: Stop = (reason, code) => {
    void started.then(() => shutdown.run(reason)).then((isClean) => process.exit(isClean ? code : 1));
  };
  installLastResort(logger, ({ kind, errorId }) => {
    process.stderr.write(`Lacuna stops: an error reached nobody, its id in the log is ${errorId}\n`);
    stop(kind, 1);
  });
  onSignals((signal) => stop(signal, 0));
  return stop;
};

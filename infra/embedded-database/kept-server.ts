import { startPostmaster, stopPostmaster, type PostmasterStart } from './postmaster.js';
import { unusable } from './unusable.js';

/** Who is told when a server ends that nobody stopped. */
export type Keeping = Readonly<{
  /** It was started again and takes connections, at the same port. */
  onRestart: () => void;
  /** It will not be started again: whoever rests on it has to end. Called once. */
  onLost: (cause: unknown) => void;
}>;

/** A server and how to stop it. */
export type KeptServer = Readonly<{ readonly pid: number; port: number; stop(): Promise<void> }>;

// More deaths than these have a cause that another start does not cure.
const MOST_RESTARTS = 5;
const WITHIN_MS = 600_000;

/**
 * Runs a server; with `keeping` it is started again, over the same data and at the same port, when it ends without
 * being asked to (A02: somebody's `kill`, a machine out of memory). What was acknowledged is on disk; sessions are cut.
 */
export const startKeptServer = async (start: PostmasterStart, keeping?: Keeping): Promise<KeptServer> => {
  let server = await startPostmaster(start);
  const { port } = server;
  const restarts: number[] = [];
  let isStopping = false;
  let isLost = false;
  let restarting: Promise<void> = Promise.resolve();

  const isHopeless = (): boolean => {
    const now = performance.now();
    restarts.push(now);
    return restarts.filter((at) => now - at < WITHIN_MS).length > MOST_RESTARTS;
  };

  const restart = async ({ onRestart, onLost }: Keeping): Promise<void> => {
    try {
      if (isHopeless()) throw unusable('the database ended by itself again and again');
      server = await startPostmaster({ ...start, port });
    } catch (error) {
      isLost = true;
      onLost(error);
      return;
    }
    onRestart();
    watch();
  };

  const watch = (): void => {
    if (keeping === undefined) return;
    void server.ended.then(() => {
      if (!isStopping) restarting = restart(keeping);
    });
  };

  watch();
  return {
    get pid() {
      return server.pid;
    },
    port,
    stop: async () => {
      isStopping = true;
      await restarting;
      if (!isLost) await stopPostmaster(server.pid);
    },
  };
};

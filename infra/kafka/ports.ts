import { createServer, type Server } from 'node:net';
import { randomInt } from 'node:crypto';

const HOST = '127.0.0.1';
// Below the range that outgoing connections take theirs from: a killed broker finds its port free when it comes back.
const [FIRST, LAST] = [20_000, 32_000];
const TRIES = 200;

/** A port that is kept from everybody else until `release`. */
export type KeptPort = Readonly<{ port: number; release(): Promise<void> }>;

const listenOn = (port: number): Promise<Server | null> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(null));
    server.listen(port, HOST, () => resolve(server));
    server.unref();
  });

/** The port asked for, or null where another program has it. */
export const keepPort = async (port: number): Promise<KeptPort | null> => {
  const server = await listenOn(port);
  if (server === null) return null;
  return { port, release: () => new Promise((resolve) => server.close(() => resolve())) };
};

export const keepFreePort = async (): Promise<KeptPort> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const kept = await keepPort(randomInt(FIRST, LAST));
    if (kept !== null) return kept;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
};

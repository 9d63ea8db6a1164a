import { createServer, type AddressInfo } from 'node:net';
import type { Config, Listen } from '@lacuna/runtime';

/** A place to listen on, kept from everybody else until `release`: our own connections take their ports from the same range. */
export type Place = Readonly<{ host: string; port: number; address: string; release: () => Promise<void> }>;

const written = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const bind = (host: string, asked: number): Promise<Place> =>
  new Promise((resolve, reject) => {
    const keeper = createServer((socket) => socket.destroy());
    keeper.once('error', reject);
    keeper.listen(asked, host, () => {
      const { port } = keeper.address() as AddressInfo;
      const release = (): Promise<void> =>
        new Promise((released) => {
          keeper.close(() => released());
        });
      resolve({ host, port, address: written(host, port), release });
    });
    // What is kept for a start that failed keeps no process alive.
    keeper.unref();
  });

const isTaken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';

/**
 * A place that can be listened on: the one asked for, or, where nobody asked and the default is taken, another port
 * of the same host. One that somebody asked for and that is taken is refused.
 */
export const freePlace = async ({ host, port, given }: Listen, key: string): Promise<Place> => {
  try {
    return await bind(host, port);
  } catch (cause) {
    if (!isTaken(cause)) throw new Error(`${key}: cannot listen there`, { cause });
    if (given) throw new Error(`${key}: another program listens there already`, { cause });
    return bind(host, 0);
  }
};

/** Where a process listens. `grpc: null`: it serves no calls. */
export type Places = Readonly<{ grpc: Place | null; http: Place }>;

/** The places that a process was given, or that are free. */
export const placesOf = async (
  { grpc, http }: Pick<Config, 'grpc' | 'http'>,
  servesGrpc: boolean,
): Promise<Places> => ({
  grpc: servesGrpc ? await freePlace(grpc, 'LACUNA_GRPC_ADDRESS') : null,
  http: await freePlace(http, 'LACUNA_HTTP_ADDRESS'),
});

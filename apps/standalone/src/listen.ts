import { createServer, type AddressInfo } from 'node:net';
import type { Listen } from '@lacuna/runtime';

const bind = (host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(port, host, () => {
      const { port: found } = probe.address() as AddressInfo;
      probe.close(() => resolve(found));
    });
  });

const isTaken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';

const written = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/**
 * An address that can be listened on: the one asked for, or, where nobody asked and the default is taken, another
 * port of the same host. One that somebody asked for and that is taken is refused.
 */
export const freeAddress = async (
  { host, port, given }: Listen,
  key: string,
): Promise<Readonly<{ host: string; port: number; address: string }>> => {
  try {
    const found = await bind(host, port);
    return { host, port: found, address: written(host, found) };
  } catch (cause) {
    if (!isTaken(cause)) throw new Error(`${key}: cannot listen there`, { cause });
    if (given) throw new Error(`${key}: another program listens there already`, { cause });
    const found = await bind(host, 0);
    return { host, port: found, address: written(host, found) };
  }
};

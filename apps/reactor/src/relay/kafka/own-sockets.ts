import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { ISocketFactory, ISocketFactoryArgs } from 'kafkajs';

const KEEP_ALIVE_MS = 60_000;

// Without TLS the client gives null or nothing, which its types do not say.
const tlsOf = ({ ssl }: Readonly<{ ssl: ConnectionOptions | null | undefined }>): ConnectionOptions | null =>
  ssl ?? null;

const socketOf = (args: ISocketFactoryArgs): Socket => {
  const { host, port, onConnect } = args;
  const tls = tlsOf(args);
  return tls === null
    ? connect({ host, port }, onConnect)
    : connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...tls }, onConnect);
};

/**
 * The sockets of one client, so that it can be ended for real: its own way of going waits for answers, for ever where
 * none come, and what it tries again by itself goes on afterwards, over new connections.
 */
export class OwnSockets {
  readonly #open = new Set<Socket>();
  #hasEnded = false;

  /** As the client makes them by itself. */
  readonly make: ISocketFactory = (args) => {
    if (this.#hasEnded) throw new Error('this client was given up');
    const socket = socketOf(args);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  /** Nothing of this client reaches a broker any more. What waits for an answer is told. */
  end(): void {
    this.#hasEnded = true;
    for (const socket of this.#open) socket.destroy(new Error('this client was given up'));
  }
}

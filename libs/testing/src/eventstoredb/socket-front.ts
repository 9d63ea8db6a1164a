import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A listening port in front of another, whose connections can be dropped, or held, in the middle of anything. */
export type SocketFront = Readonly<{
  port: number;
  drop(): void;
  /** Whether nothing gets through, in either direction, though the connections stand. */
  freeze(isFrozen: boolean): void;
  /** Listens again where it was closed. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}>;

type Way = readonly [from: Socket, to: Socket];

const flow = ([from, to]: Way, isFrozen: boolean): void => {
  if (isFrozen) from.unpipe(to);
  else from.pipe(to);
};

export const openSocketFront = async (port: number, target: number): Promise<SocketFront> => {
  const ways = new Set<Way>();
  let isFrozen = false;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const way of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      const [one, other] = way;
      ways.add(way);
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        ways.delete(way);
        other.destroy();
      });
      flow(way, isFrozen);
    }
  });
  const listen = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(port);
  const { port: given } = server.address() as AddressInfo;
  const drop = (): void => {
    for (const [from] of ways) from.destroy();
  };
  return {
    port: given,
    drop,
    freeze: (frozen) => {
      if (frozen === isFrozen) return;
      isFrozen = frozen;
      for (const way of ways) flow(way, isFrozen);
    },
    reopen: () => listen(given),
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      drop();
      return closed;
    },
  };
};

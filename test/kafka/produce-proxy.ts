import { connect, createServer, type Server, type Socket } from 'node:net';

/** Kinds of requests, by their number in Kafka's protocol. */
export const PRODUCE = 0;
export const END_TRANSACTION = 26;

/** Cuts a stream of bytes into Kafka's frames: four bytes of length, then so many. */
const framesOf = (onFrame: (frame: Buffer) => void): ((chunk: Buffer) => void) => {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      onFrame(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
};

/** Between a client and one broker: lets everything pass but answers that it is told to keep back. */
export class ProduceProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #keepBack = new Map<number, number>();
  dropped = 0;

  constructor(private readonly broker: Readonly<{ host: string; port: number }>) {
    this.#server = createServer((client) => this.#join(client));
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', () => resolve()));
  }

  /** The answer to the next request of this kind never comes: the broker has done it, and the connection is cut. */
  dropNextAnswerTo(kind: number): void {
    this.#keepBack.set(kind, (this.#keepBack.get(kind) ?? 0) + 1);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    const broker = connect(this.broker);
    const kept = new Set<number>();
    const end = (): void => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    // A request: length, kind (2), version (2), correlation (4); its answer: length, correlation (4).
    client.on(
      'data',
      framesOf((frame) => {
        if (this.#wants(frame.readInt16BE(4))) kept.add(frame.readInt32BE(8));
        broker.write(frame);
      }),
    );
    broker.on(
      'data',
      framesOf((frame) => {
        if (!kept.has(frame.readInt32BE(4))) {
          client.write(frame);
          return;
        }
        this.dropped += 1;
        end();
      }),
    );
  }

  #wants(kind: number): boolean {
    const wanted = this.#keepBack.get(kind) ?? 0;
    if (wanted > 0) this.#keepBack.set(kind, wanted - 1);
    return wanted > 0;
  }
}

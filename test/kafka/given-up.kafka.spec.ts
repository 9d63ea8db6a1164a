import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '@lacuna/runtime';
import { kafkaPublisher } from '../../apps/reactor/src/relay/index.js';
import { appendLoad, everyRecordKept, openRelayHouse, relayTo } from './relay-house.js';

/** Takes connections and requests, and never answers. */
class SilentBroker {
  readonly #server: Server;
  readonly open = new Set<Socket>();
  connections = 0;

  constructor() {
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.open.add(socket);
      socket.on('error', () => undefined).on('close', () => this.open.delete(socket));
      socket.resume();
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error('the broker waits in vain');
      await sleep(10);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let broker: SilentBroker;
let address: string;
beforeEach(async () => {
  broker = new SilentBroker();
  address = await broker.listen();
});
afterEach(() => broker.close());

it('C04 an opening that is given up says so at once, and reaches no broker afterwards', async () => {
  const open = kafkaPublisher({
    brokers: [address],
    declared: everyRecordKept(1),
    logger: silentLogger,
  });
  const lease = new AbortController();
  const opening = open('lacuna-relay-given-up', lease.signal);
  const outcome = opening.then(
    () => 'opened',
    (error: unknown) => error,
  );
  await broker.until(() => broker.open.size > 0);
  const began = performance.now();
  lease.abort(new Error('the lease is gone'));
  expect(await outcome).toEqual(new Error('the lease is gone'));
  expect(performance.now() - began).toBeLessThan(3_000);
  await broker.until(() => broker.open.size === 0);
  const { connections } = broker;
  // Longer than the client's own pauses between tries.
  await sleep(4_000);
  expect(broker.connections).toBe(connections);
}, 30_000);

it('G01 a relay that is told to stop while no broker answers stops soon, and calls it no trouble', async () => {
  const house = await openRelayHouse();
  const troubles: string[] = [];
  const relay = relayTo(house, [address], { onTrouble: (code) => void troubles.push(code) });
  try {
    await appendLoad(house, { events: 5, members: 1, perAppend: 5 });
    relay.start();
    await broker.until(() => broker.open.size > 0);
    const began = performance.now();
    await relay.stop();
    expect(performance.now() - began).toBeLessThan(4_000);
    expect(troubles).toEqual([]);
  } finally {
    await relay.stop();
    await house.close();
  }
}, 30_000);

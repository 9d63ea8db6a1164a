import type { Server as HttpServer } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import { limits } from './limits.js';

// grpc-js gives no way to its listeners; where it keeps them is asked, never assumed: a limit that does not hold is no limit.
const listenersOf = (server: Server): readonly NetServer[] => {
  const known: unknown = Reflect.get(server, 'http2Servers');
  const listeners = known instanceof Map ? [...known.keys()].filter((one) => one instanceof NetServer) : [];
  if (listeners.length === 0) throw new Error('the connections of this gRPC server cannot be limited');
  return listeners;
};

/**
 * A further connection is closed as soon as it is made; those that are there go on. What is open and says nothing ends
 * by itself: it does not answer the pings. For a server that is bound: Nest binds before it adds the services.
 */
export const limitConnections = (server: Server, most: number): void => {
  for (const listener of listenersOf(server)) listener.maxConnections = most;
};

/** The same for what is served over HTTP: health, metrics, the public keys. All of them are short. */
export const limitHttpServer = (server: HttpServer): void => {
  server.maxConnections = limits.maxHttpConnections;
  server.headersTimeout = limits.httpHeadersMs;
  server.requestTimeout = limits.httpRequestMs;
};

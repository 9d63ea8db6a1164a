import type { Server as HttpServer } from 'node:http';
import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Module, type DynamicModule } from '@nestjs/common';
import { grpcServerOptions, limitHttpServer, logFailure, ServingHealth, toStatus } from '@lacuna/contracts';
import { authenticateCalls, HEALTH_PREFIX, observeCalls, scopeCalls, type Shutdown } from '@lacuna/runtime';
import type { AppDefinition } from './app-definition.js';
import { grpcCertificate } from './grpc-certificate.js';
import { registerHealth } from './health.js';
import { HostModule } from './host.module.js';
import type { HostParts } from './host-parts.js';
import type { Places } from './listen.js';
import { loopbackHost } from './loopback-host.js';
import { nestLogger } from './nest-logger.js';
import { observeApp } from './telemetry/observe-app.js';
import { codeOfStatus } from './telemetry/telemetry.js';

/** An app with the host under it. */
@Module({})
class ProcessModule {
  static of(app: AppDefinition, parts: HostParts): DynamicModule {
    return { module: ProcessModule, imports: [HostModule.of(parts), ...app.modules(parts)] };
  }
}

const connectGrpc = async (
  nest: INestApplication,
  { packages }: AppDefinition,
  { authentication, config, metrics }: HostParts,
  { grpc }: Places,
): Promise<ServingHealth> => {
  const health = new ServingHealth(packages);
  if (grpc === null) return health;
  const authenticate = authenticateCalls({
    verifier: authentication.verifier,
    refuse: (error) => toStatus(error, logFailure),
    open: [HEALTH_PREFIX],
  });
  nest.connectMicroservice(
    grpcServerOptions({
      url: grpc.address,
      packages,
      health,
      certificate: grpcCertificate(config),
      interceptors: [observeCalls({ metrics, codeOf: codeOfStatus }), scopeCalls, authenticate],
    }),
    { inheritAppConfig: true },
  );
  await grpc.release();
  await nest.startAllMicroservices();
  return health;
};

const createNest = (app: AppDefinition, parts: HostParts): Promise<INestApplication> => {
  const logger = nestLogger(parts.logger.for('nest'));
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest types its options as a class, and takes literals
  const options: NestApplicationOptions = { logger, abortOnError: false };
  return NestFactory.create(ProcessModule.of(app, parts), options);
};

/** Starts an app and serves it. Its end: no new calls, what is under way is finished, then the parts stop. */
export const openServers = async (
  app: AppDefinition,
  parts: HostParts,
  places: Places,
  shutdown: Shutdown,
): Promise<void> => {
  const nest = await createNest(app, parts);
  shutdown.add({ name: 'apps', stop: () => nest.close(), limitMs: 25_000 });
  if (parts.authentication.issuer !== null) nest.use(loopbackHost);
  registerHealth(parts);
  observeApp(nest, app, parts);
  const serving = await connectGrpc(nest, app, parts, places);
  limitHttpServer(nest.getHttpServer() as HttpServer);
  await places.http.release();
  await nest.listen(places.http.port, places.http.host);
  serving.serving(true);
  shutdown.add({
    name: 'readiness',
    stop: () => {
      serving.serving(false);
      parts.health.drain();
    },
  });
};

import {
  Global,
  Module,
  type DynamicModule,
  type INestApplication,
  type NestApplicationOptions,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApplicationModule, REACTOR, type Reactor } from '@lacuna/application';
import { grpcServerOptions, logFailure, protoPackages, ServingHealth, toStatus } from '@lacuna/contracts';
import { PROJECTION_RUNNER, type ProjectionRunner } from '@lacuna/projections';
import {
  authenticateCalls,
  HEALTH_PREFIX,
  type HealthRegistry,
  type Logger,
  type Shutdown,
} from '@lacuna/runtime';
import { CommandApiModule } from '../../command-api/src/index.js';
import { ProjectorModule } from '../../projector/src/index.js';
import { DEMO_ISSUER, HEALTH, QueryApiModule, SERVER_STATE } from '../../query-api/src/index.js';
import { ReactorModule } from '../../reactor/src/index.js';
import type { Authentication } from './auth.js';
import { registerHealth } from './health.js';
import type { Instance } from './instance.js';
import { InstanceModule } from './instance.module.js';
import type { Place } from './listen.js';
import { loopbackHost } from './loopback-host.js';
import { nestLogger } from './nest-logger.js';
import { serverState } from './server-state.js';

/** What the servers of this process are made of. */
export type ServerParts = Readonly<{
  instance: Instance;
  authentication: Authentication;
  version: string;
  grpc: Place;
  http: Place;
  logger: Logger;
  health: HealthRegistry;
  shutdown: Shutdown;
}>;

/** The commands' handlers and ports, seen by every app of this process. */
@Global()
@Module({ imports: [ApplicationModule], exports: [ApplicationModule] })
class SharedApplicationModule {}

/** What command-api and query-api ask of the process they run in. */
@Module({})
class ProcessModule {
  static of({ instance, authentication, health, version }: ServerParts): DynamicModule {
    const { database, pool } = instance;
    const providers = [
      { provide: HEALTH, useValue: health },
      { provide: DEMO_ISSUER, useValue: authentication.issuer },
      {
        provide: SERVER_STATE,
        inject: [REACTOR],
        useFactory: (reactor: Reactor) => serverState(pool, reactor, version, database.warnings),
      },
    ];
    return { module: ProcessModule, global: true, providers, exports: providers };
  }
}

/** command-api, query-api, projector and reactor, on what the instance has opened. */
@Module({})
class StandaloneModule {
  static of(parts: ServerParts): DynamicModule {
    const { instance, logger } = parts;
    const projector = ProjectorModule.forRoot({
      databaseUrl: instance.database.runtimeUrl,
      onTrouble: (code) => logger.warn('a view is in trouble', { code }),
    });
    const reactor = ReactorModule.forRoot({
      pool: instance.pool,
      onTrouble: (code, what) => logger.warn('something due could not be done', { code, what }),
    });
    return {
      module: StandaloneModule,
      imports: [
        InstanceModule.of(instance),
        ProcessModule.of(parts),
        SharedApplicationModule,
        projector,
        reactor,
        CommandApiModule,
        QueryApiModule,
      ],
    };
  }
}

const connectGrpc = (app: INestApplication, parts: ServerParts, health: ServingHealth): void => {
  const authenticate = authenticateCalls({
    verifier: parts.authentication.verifier,
    refuse: (error) => toStatus(error, logFailure),
    open: [HEALTH_PREFIX],
  });
  app.connectMicroservice(
    grpcServerOptions({
      url: parts.grpc.address,
      packages: protoPackages,
      health,
      interceptors: [authenticate],
    }),
    { inheritAppConfig: true },
  );
};

const createApp = (parts: ServerParts): Promise<INestApplication> => {
  const logger = nestLogger(parts.logger.for('nest'));
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest types its options as a class, and takes literals
  const options: NestApplicationOptions = { logger, abortOnError: false };
  return NestFactory.create(StandaloneModule.of(parts), options);
};

/** Starts the apps and serves them. Their end: no new calls, what is under way is finished, then the parts stop. */
export const openServers = async (parts: ServerParts): Promise<void> => {
  const { authentication, grpc, health, http, shutdown } = parts;
  const app = await createApp(parts);
  shutdown.add({ name: 'apps', stop: () => app.close(), limitMs: 25_000 });
  if (authentication.issuer !== null) app.use(loopbackHost);
  const views = app.get<ProjectionRunner>(PROJECTION_RUNNER, { strict: false });
  registerHealth(health, { ...parts.instance, views });
  const serving = new ServingHealth(protoPackages);
  connectGrpc(app, parts, serving);
  await grpc.release();
  await app.startAllMicroservices();
  await http.release();
  await app.listen(http.port, http.host);
  serving.serving(true);
  shutdown.add({
    name: 'readiness',
    stop: () => {
      serving.serving(false);
      health.drain();
    },
  });
};

import {
  Module,
  type DynamicModule,
  type INestApplication,
  type NestApplicationOptions,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ApplicationModule,
  createReactor,
  createWorkStore,
  PORTS,
  REACTOR,
  type Ports,
} from '@lacuna/application';
import { deadlineView } from '../../reactor/src/deadline-view.js';
import { grpcServerOptions, logFailure, ServingHealth, toStatus, type ProtoPackage } from '@lacuna/contracts';
import { ProjectionsModule, VIEW_QUERIES, type ViewQueries } from '@lacuna/projections';
import {
  authenticateCalls,
  HEALTH_PREFIX,
  type HealthRegistry,
  type Logger,
  type Shutdown,
} from '@lacuna/runtime';
import { CommandApiModule } from '../../command-api/src/index.js';
import type { Authentication } from './auth.js';
import { HEALTH, HealthController, JWKS } from './health.controller.js';
import type { Instance } from './instance.js';
import { InstanceModule } from './instance.module.js';
import { nestLogger } from './nest-logger.js';

type Place = Readonly<{ host: string; port: number; address: string }>;

/** What the servers of this process are made of. */
export type ServerParts = Readonly<{
  instance: Instance;
  authentication: Authentication;
  grpc: Place;
  http: Place;
  logger: Logger;
  health: HealthRegistry;
  shutdown: Shutdown;
}>;

const packages: readonly ProtoPackage[] = ['lacuna.member.v1', 'lacuna.query.v1', 'lacuna.admin.v1'];

@Module({})
class TemporaryReactorModule {
  static of({ clock, pool }: Instance): DynamicModule {
    return {
      module: TemporaryReactorModule,
      global: true,
      imports: [ApplicationModule],
      providers: [
        {
          provide: REACTOR,
          inject: [PORTS, VIEW_QUERIES],
          useFactory: (ports: Ports, queries: ViewQueries) =>
            createReactor({ ports, clock, work: createWorkStore(pool), deadlines: deadlineView(queries) }),
        },
      ],
      exports: [REACTOR],
    };
  }
}
/** command-api, query-api, projector and reactor, on what the instance has opened. */
@Module({})
class StandaloneModule {
  static of({ instance, authentication, health, logger }: ServerParts): DynamicModule {
    const { database, store } = instance;
    return {
      module: StandaloneModule,
      imports: [
        InstanceModule.of(instance),
        ApplicationModule,
        {
          ...ProjectionsModule.forRoot({
            databaseUrl: database.runtimeUrl,
            store,
            run: true,
            onTrouble: (code) => logger.warn('a view is in trouble', { code }),
          }),
          global: true,
        },
        TemporaryReactorModule.of(instance),
        CommandApiModule,
      ],
      controllers: [HealthController],
      providers: [
        { provide: HEALTH, useValue: health },
        { provide: JWKS, useValue: authentication.issuer?.jwks ?? null },
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
    grpcServerOptions({ url: parts.grpc.address, packages, health, interceptors: [authenticate] }),
    { inheritAppConfig: true },
  );
};

/** Starts the apps and serves them. Their end: no new calls, what is under way is finished, then the parts stop. */
export const openServers = async (parts: ServerParts): Promise<void> => {
  const { logger, shutdown, health, http } = parts;
  const options: NestApplicationOptions = { logger: nestLogger(logger.for('nest')), abortOnError: false };
  const app = await NestFactory.create(StandaloneModule.of(parts), options);
  shutdown.add({ name: 'apps', stop: () => app.close(), limitMs: 25_000 });
  const serving = new ServingHealth(packages);
  connectGrpc(app, parts, serving);
  await app.startAllMicroservices();
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

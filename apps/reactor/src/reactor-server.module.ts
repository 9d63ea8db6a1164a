import { Module, type DynamicModule } from '@nestjs/common';
import type { HostParts } from '../../host/src/index.js';
import { AdminController } from './admin/admin.controller.js';
import { ReactorModule } from './reactor.module.js';
import { RelayServerModule, type RelayHost } from './relay-server.module.js';

type ReactorHost = RelayHost &
  Pick<HostParts, 'database' | 'health' | 'holder' | 'logger' | 'metrics' | 'pool'>;

/** The reactor and the relay at work in a process, and the service of whoever operates it. */
@Module({ controllers: [AdminController] })
export class ReactorServerModule {
  static of(host: ReactorHost): DynamicModule {
    const { database, health, holder, logger, metrics, pool } = host;
    const reactor = ReactorModule.forRoot({
      pool,
      lease: { databaseUrl: database.runtimeUrl, holder, health },
      metrics,
      onTrouble: (code, what) => logger.warn('something due could not be done', { code, what }),
    });
    return { module: ReactorServerModule, imports: [reactor, RelayServerModule.of(host)] };
  }
}

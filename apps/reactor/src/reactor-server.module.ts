import { Module, type DynamicModule } from '@nestjs/common';
import type { HostParts } from '../../host/src/index.js';
import { AdminController } from './admin/admin.controller.js';
import { ReactorModule } from './reactor.module.js';

type ReactorHost = Pick<HostParts, 'database' | 'health' | 'holder' | 'logger' | 'pool'>;

/** The reactor at work in a process, and the service of whoever operates it. */
@Module({ controllers: [AdminController] })
export class ReactorServerModule {
  static of({ database, health, holder, logger, pool }: ReactorHost): DynamicModule {
    const reactor = ReactorModule.forRoot({
      pool,
      lease: { databaseUrl: database.runtimeUrl, holder, health },
      onTrouble: (code, what) => logger.warn('something due could not be done', { code, what }),
    });
    return { module: ReactorServerModule, imports: [reactor] };
  }
}

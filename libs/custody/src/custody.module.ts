import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { createCustody, type CustodyOptions, type CustodyService } from './postgres/custody.js';

/** Injects the `Custody` of the process (a `CustodyService`). */
export const CUSTODY = Symbol('lacuna.custody');

@Module({})
export class CustodyModule implements OnApplicationShutdown {
  constructor(@Inject(CUSTODY) private readonly custody: CustodyService) {}

  /** Custody of its own, opened when the application starts and closed when it shuts down. */
  static forRoot(options: CustodyOptions): DynamicModule {
    return {
      module: CustodyModule,
      global: true,
      providers: [{ provide: CUSTODY, useFactory: () => createCustody(options) }],
      exports: [CUSTODY],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.custody.close();
  }
}

import { Module, type DynamicModule } from '@nestjs/common';
import { readCursorKey } from '@lacuna/runtime';
import { applicationModule, viewsModule, type AppDefinition, type HostParts } from '../../host/src/index.js';
import { SUBSCRIPTION_RULES, subscriptionRules } from './integration/subscriptions.js';
import { QueryApiModule } from './query-api.module.js';
import { CURSOR_KEY, DEMO_ISSUER, SERVER_STATE } from './query-api.ports.js';
import { serverState } from './server/server-state.js';

/** What query-api asks of the process it runs in. */
@Module({})
export class QueryServerModule {
  static of(parts: HostParts): DynamicModule {
    const providers = [
      { provide: CURSOR_KEY, useFactory: () => readCursorKey(parts.pool) },
      { provide: SUBSCRIPTION_RULES, useValue: subscriptionRules },
      { provide: DEMO_ISSUER, useValue: parts.authentication.issuer },
      { provide: SERVER_STATE, useValue: serverState({ ...parts, standing: parts.database.warnings }) },
    ];
    return { module: QueryServerModule, global: true, providers, exports: providers };
  }
}

/** Reads as a process of its own; several may run beside each other. */
export const queryApi: AppDefinition = {
  name: 'query-api',
  packages: ['lacuna.query.v1', 'lacuna.integration.v1'],
  opensCustody: true,
  modules: (parts) => [applicationModule, viewsModule(parts), QueryServerModule.of(parts), QueryApiModule],
};

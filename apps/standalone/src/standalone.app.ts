import { protoPackages } from '@lacuna/contracts';
import { applicationModule, type AppDefinition } from '../../host/src/index.js';
import { CommandApiModule } from '../../command-api/src/index.js';
import { projector } from '../../projector/src/index.js';
import { QueryApiModule, QueryServerModule } from '../../query-api/src/index.js';
import { ReactorServerModule } from '../../reactor/src/index.js';

/** command-api, query-api, projector and reactor in one process: the projector's views are read where they are kept. */
export const standalone: AppDefinition = {
  name: 'standalone',
  packages: protoPackages,
  opensCustody: true,
  modules: (parts) => [
    applicationModule,
    ...projector.modules(parts),
    ReactorServerModule.of(parts),
    CommandApiModule,
    QueryServerModule.of(parts),
    QueryApiModule,
  ],
};

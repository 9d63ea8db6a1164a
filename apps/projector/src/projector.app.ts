import type { AppDefinition } from '../../host/src/index.js';
import { ProjectorModule } from './projector.module.js';

/** The views as a process of their own: one of several holds each, the others stand by. No key is within its reach. */
export const projector: AppDefinition = {
  name: 'projector',
  packages: [],
  opensCustody: false,
  modules: ({ database, health, logger }) => [
    ProjectorModule.forRoot({
      databaseUrl: database.runtimeUrl,
      health,
      onTrouble: (code) => logger.warn('a view is in trouble', { code }),
    }),
  ],
};

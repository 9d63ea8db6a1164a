import { applicationModule, viewsModule, type AppDefinition } from '../../host/src/index.js';
import { ReactorServerModule } from './reactor-server.module.js';

/** What happens by itself, and the clock's operator, as a process of their own. */
export const reactor: AppDefinition = {
  name: 'reactor',
  packages: ['lacuna.admin.v1'],
  opensCustody: true,
  modules: (parts) => [applicationModule, viewsModule(parts), ReactorServerModule.of(parts)],
};

import { applicationModule, type AppDefinition } from '../../host/src/index.js';
import { CommandApiModule } from './command-api.module.js';

/** Commands as a process of its own; several may run beside each other. */
export const commandApi: AppDefinition = {
  name: 'command-api',
  packages: ['lacuna.activity.v1', 'lacuna.behaviour.v1', 'lacuna.member.v1'],
  opensCustody: true,
  modules: () => [applicationModule, CommandApiModule],
};

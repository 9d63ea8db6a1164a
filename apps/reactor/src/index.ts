export { AdminController } from './admin/admin.controller.js';
export { deadlineView } from './deadline-view.js';
export { ReactorLoop, type ReactorLoopOptions } from './reactor-loop.js';
export { reactor } from './reactor.app.js';
export { REACTOR_LEASE, ReactorTurn, type ReactorTurnOptions } from './reactor-turn.js';
export { LeasedReactor, type LeasedReactorOptions } from './leased-reactor.js';
export { ReactorModule, type ReactorLease, type ReactorWiring } from './reactor.module.js';
export { ReactorServerModule } from './reactor-server.module.js';
export * from './relay/index.js';

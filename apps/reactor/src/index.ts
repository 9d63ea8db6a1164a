export { deadlineView } from './deadline-view.js';
export { ReactorLoop, type ReactorLoopOptions } from './reactor-loop.js';
export { ReactorModule, type ReactorWiring } from './reactor.module.js';

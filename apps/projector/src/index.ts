export { projector } from './projector.app.js';
export { ProjectorModule, type ProjectorWiring } from './projector.module.js';

export { ProjectorModule, type ProjectorWiring } from './projector.module.js';

export {
  APART_OPERATIONS,
  CUSTODY_OPERATIONS,
  DEADLINE_KINDS,
  LEASES,
  METRICS,
  PROCESSOR_STATES,
  SETTLING_OPERATIONS,
  VIEWS,
  VIEW_STATES,
  type LabelsOf,
  type MetricDeclaration,
  type MetricName,
} from './metric-names.js';
export * from './metrics.js';
export * from './observe-bus.js';
export * from './observe-calls.js';
export * from './observe-process.js';
export { ATTRIBUTE_NAMES, SPANS, type SpanAttributes, type SpanName } from './span-names.js';
export * from './traceparent.js';
export * from './tracing.js';
export { COMMANDS, METHODS, QUERIES, REACTIONS, type Vocabulary } from './vocabulary.js';

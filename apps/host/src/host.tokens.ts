/** Injects the `HostParts` of the process. */
export const HOST = Symbol('lacuna.host');

/** Injects the process's `Metrics`. */
export const METRICS_OF_PROCESS = Symbol('lacuna.metrics');

/** Injects the process's `HealthRegistry`: an app registers what must be well for it to be ready. */
export const HEALTH = Symbol('lacuna.health');

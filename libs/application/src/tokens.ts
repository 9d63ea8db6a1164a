/** Injects the business `Clock` of the store. */
export const CLOCK = Symbol('lacuna.clock');

/** Injects `ReadonlyMap<string, PolicyPack>`: the packs in force, by tenant. */
export const POLICY_PACKS = Symbol('lacuna.policy-packs');

/** Injects `Ports`: what commands need of the outside, put together. */
export const PORTS = Symbol('lacuna.application.ports');

/** Injects the `ReadRecorder`. */
export const READ_RECORDER = Symbol('lacuna.read-recorder');

/** Injects the `Reactor`. */
export const REACTOR = Symbol('lacuna.reactor');

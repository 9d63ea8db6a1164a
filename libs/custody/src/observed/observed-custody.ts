import { CUSTODY_OPERATIONS, codeOf, type Metrics } from '@lacuna/runtime';
import type { Custody } from '../custody.port.js';

type Operation = (...given: unknown[]) => Promise<unknown>;

const isObserved = (name: string | symbol): name is string =>
  typeof name === 'string' && (CUSTODY_OPERATIONS as readonly string[]).includes(name);

const measured =
  (operation: string, act: Operation, metrics: Metrics): Operation =>
  async (...given) => {
    const began = performance.now();
    let code = 'OK';
    try {
      return await act(...given);
    } catch (error) {
      code = codeOf(error);
      throw error;
    } finally {
      metrics.count('lacuna_custody_operations_total', 1, { operation, code });
      const seconds = (performance.now() - began) / 1_000;
      metrics.observe('lacuna_custody_operation_duration_seconds', seconds, { operation });
      if (operation === 'rotate' && code === 'OK') metrics.count('lacuna_custody_rotations_total', 1);
    }
  };

/** Counts and times what is asked of custody: which operation and with which answer, never about whom. */
export const observeCustody = <C extends Custody>(custody: C, metrics: Metrics): C => {
  const known = new Map<string, Operation>();
  return new Proxy(custody, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (!isObserved(name)) return value.bind(target) as unknown;
      const act = value.bind(target) as Operation;
      const observed = known.get(name) ?? measured(name, act, metrics);
      known.set(name, observed);
      return observed;
    },
  });
};

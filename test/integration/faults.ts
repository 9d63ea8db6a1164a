import type { Custody } from '@lacuna/custody';
import type { AppendRequest, EventStore } from '@lacuna/event-store';
import type { Wrap } from './house.js';

/** A process that dies: at its n-th step that changes something, before or after the change, and never acts again. */
export class Death extends Error {}

type Call = (...args: never[]) => Promise<unknown>;

const mortal = <Port extends object>(port: Port, names: readonly (keyof Port)[], step: Step): Port =>
  new Proxy(port, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const call = (member as Call).bind(target);
      // Iterables, not promises: what they read changes nothing.
      if (name === 'readAll' || name === 'subscribe') return call;
      const changes = names.some((one) => one === name);
      return (...args: never[]) => (changes ? step(() => call(...args)) : step.alive(() => call(...args)));
    },
  });

type Step = ((change: () => Promise<unknown>) => Promise<unknown>) & {
  alive(act: () => Promise<unknown>): Promise<unknown>;
};

const CHANGES_CUSTODY = [
  'open',
  'confirmClaims',
  'releaseClaims',
  'restrict',
  'restrictionRecorded',
  'destroy',
  'rotate',
  'openScoped',
  'beginImport',
  'completeChunk',
  'endImport',
] as const;

/** As `CHANGES_CUSTODY`, with what a night and an activity change. */
export const CHANGES_SCOPES: readonly (keyof Custody)[] = [
  ...CHANGES_CUSTODY,
  'openScoped',
  'closeNights',
  'destroyScopes',
];

/** `at` counts from 0; `when` says whether the deadly step still takes place. */
export const dying = (
  at: number,
  when: 'before' | 'after',
  changes: readonly (keyof Custody)[] = CHANGES_CUSTODY,
): Required<Wrap> & Readonly<{ isDead: () => boolean }> => {
  let steps = 0;
  let dead = false;
  const alive = async (act: () => Promise<unknown>): Promise<unknown> => {
    if (dead) throw new Death();
    return act();
  };
  const step: Step = Object.assign(
    async (change: () => Promise<unknown>): Promise<unknown> => {
      if (dead) throw new Death();
      const last = steps++ === at;
      if (last && when === 'before') dead = true;
      const result = await alive(change);
      if (last) dead = true;
      return alive(() => Promise.resolve(result));
    },
    { alive },
  );
  return {
    isDead: () => dead,
    store: (store: EventStore) => mortal(store, ['append'], step),
    custody: (custody: Custody) => mortal(custody, changes, step),
  };
};

/** A process that stalls where it would append: it goes on when it is told, as if nothing had happened. */
export const stalling = (type: string): Wrap & Readonly<{ stalled: Promise<undefined>; go: () => void }> => {
  const stalled = Promise.withResolvers<undefined>();
  const gate = Promise.withResolvers<undefined>();
  return {
    stalled: stalled.promise,
    go: () => gate.resolve(undefined),
    store: (store) =>
      new Proxy(store, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name, target);
          if (name !== 'append') return typeof member === 'function' ? (member as Call).bind(target) : member;
          return async (request: AppendRequest) => {
            if (request.events.some((event) => event.type === type)) {
              stalled.resolve(undefined);
              await gate.promise;
            }
            return target.append(request);
          };
        },
      }),
  };
};

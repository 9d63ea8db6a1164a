import { AsyncLocalStorage } from 'node:async_hooks';
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

/** Nobody waits for the answer any more: the caller has hung up, or its deadline has passed. */
export class CallEnded extends Error {
  readonly code = 'CALL_CANCELLED';

  constructor() {
    super('nobody waits for the answer any more');
    this.name = 'CallEnded';
  }
}

const scope = new AsyncLocalStorage<AbortSignal | null>();

/**
 * Before something becomes durable for a call: throws `CALL_CANCELLED` where its caller has gone (F07). What is durable
 * already is finished; the caller's retry finds it. Outside a call, nothing.
 */
export const assertAwaited = (): void => {
  if (scope.getStore()?.aborted === true) throw new CallEnded();
};

/** Work that a call has only begun, and that goes on when its caller has gone. */
export const apartFromCalls = <T>(work: () => T): T => scope.run(null, work);

/** Lets the work of each call know whether anybody still waits for it: `assertAwaited`. */
export const scopeCalls: ServerInterceptor = (_method, call) => {
  const ended = new AbortController();
  const within = (work: () => void): void => scope.run(ended.signal, work);
  return new ServerInterceptingCall(call, {
    start: (next) => {
      next({
        onReceiveMetadata: (metadata, pass) => within(() => pass(metadata)),
        onReceiveMessage: (message, pass) => within(() => pass(message)),
        onReceiveHalfClose: (pass) => within(pass),
        onCancel: () => ended.abort(),
      });
    },
  });
};

import { AsyncLocalStorage } from 'node:async_hooks';
import { ServerInterceptingCall, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import type { Metrics } from './metrics.js';
import { TRACEPARENT } from './traceparent.js';
import { inSpan, outOfTrace, type OpenSpan } from './tracing.js';
import { APART_METHODS } from './vocabulary.js';

type Status = Parameters<ServerInterceptingCall['sendStatus']>[0];

export type CallObservation = Readonly<{
  metrics: Metrics;
  /** The stable code that a status carries, `OK` where it is no error. */
  codeOf: (status: Status) => string;
}>;

type Inside = <T>(work: () => T) => T;

/** Told that one call more, or one less, is under way. */
type Opened = (change: 1 | -1) => void;

/** A call from its first byte to its status. What happens in between is in its span, or, where it is apart, in none. */
class ObservedCall {
  readonly #method: string;
  readonly #began = performance.now();
  readonly #end = Promise.withResolvers<string>();
  #inside: Inside = (work) => work();
  #state: 'new' | 'open' | 'ended' = 'new';

  constructor(
    path: string,
    private readonly metrics: Metrics,
    private readonly opened: Opened,
  ) {
    this.#method = path.slice(1);
  }

  /** Opens the span, and lets the call go on in it. What never comes here, a stream that was cut at once, never ends. */
  begin(metadata: Metadata, goOn: () => void): void {
    if (this.#state === 'new') {
      this.#state = 'open';
      this.opened(1);
    }
    if (APART_METHODS.includes(this.#method)) {
      outOfTrace(() => this.#enter(goOn));
      return;
    }
    const attributes = { 'lacuna.method': this.#method };
    const [parent] = metadata.get(TRACEPARENT);
    void inSpan('call', { attributes, parent }, async (span: OpenSpan) => {
      this.#enter(goOn);
      const code = await this.#end.promise;
      if (code !== 'OK') span.failed(code);
    });
  }

  /** What comes later, on other ticks of the connection, belongs to the call as well. */
  goOn(work: () => void): void {
    this.#inside(work);
  }

  ended(code: string): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'open') this.opened(-1);
    this.#state = 'ended';
    const method = this.#method;
    this.metrics.count('lacuna_calls_total', 1, { method, code });
    this.metrics.observe('lacuna_call_duration_seconds', (performance.now() - this.#began) / 1_000, {
      method,
    });
    this.#end.resolve(code);
  }

  #enter(goOn: () => void): void {
    this.#inside = AsyncLocalStorage.snapshot();
    goOn();
  }
}

/** Counts, times and traces each call of a server. The first interceptor: calls that another one refuses are calls, too. */
export const observeCalls = ({ metrics, codeOf }: CallObservation): ServerInterceptor => {
  let open = 0;
  const opened: Opened = (change) => {
    open += change;
    metrics.set('lacuna_calls_open', open);
  };
  return (method, call) => {
    const observed = new ObservedCall(method.path, metrics, opened);
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, pass) => observed.begin(metadata, () => pass(metadata)),
          onReceiveMessage: (message: unknown, pass) => observed.goOn(() => pass(message)),
          onReceiveHalfClose: (pass) => observed.goOn(pass),
          onCancel: () => {
            observed.ended('CALL_CANCELLED');
          },
        });
      },
      sendStatus: (status, next) => {
        observed.ended(codeOf(status));
        next(status);
      },
    });
  };
};

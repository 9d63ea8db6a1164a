import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { toStatus, type FailureReport } from '../errors/to-status.js';
import { CallError } from './call-error.js';

/** Answered however busy the process is: an orchestrator must not take a crowd for a death. */
const HEALTH = '/grpc.health.v1.Health/';

/**
 * How long a refusal is kept back: as long as it tells to wait. A client that asks again without a pause would have the
 * process refuse and do little else: a hundred of them left a tenth of the work done, and leave all of it so.
 */
const REFUSAL_MS = 1_000;

/** Beyond so many, which only a crowd of connections can be, they are refused at once: they cost little, but not nothing. */
const MOST_KEPT_BACK = 2_000;

/** Calls that are being worked on, and refused ones whose answer is kept back for a moment: both are counted, and bounded. */
class Admission {
  #underWay = 0;
  #keptBack = 0;

  constructor(private readonly most: number) {}

  /** The way to give the place back, or null. It may be given back twice. */
  admit(): (() => void) | null {
    if (this.#underWay >= this.most) return null;
    this.#underWay += 1;
    let isHeld = true;
    return () => {
      if (isHeld) this.#underWay -= 1;
      isHeld = false;
    };
  }

  /** Gives the way not to refuse any more: the caller has gone. */
  refuse(answer: () => void): () => void {
    if (this.#keptBack >= MOST_KEPT_BACK) {
      answer();
      return () => undefined;
    }
    this.#keptBack += 1;
    let isKept = true;
    const end = (): void => {
      if (isKept) this.#keptBack -= 1;
      isKept = false;
    };
    const timer = setTimeout(() => {
      end();
      answer();
    }, REFUSAL_MS);
    return () => {
      clearTimeout(timer);
      end();
    };
  }
}

/**
 * At most so many calls of a process at once, over all its connections. A further one is refused before a byte of its
 * message is read or its token is looked at: `CALLS_LIMIT`, RESOURCE_EXHAUSTED with the time after which to try again.
 * It goes first among the interceptors.
 */
export const limitCalls = (most: number, report: FailureReport): ServerInterceptor => {
  const admission = new Admission(most);
  return (method, call) => {
    if (method.path.startsWith(HEALTH)) return new ServerInterceptingCall(call);
    const place = admission.admit();
    let leave = place ?? ((): void => undefined);
    const refuse = (): void =>
      call.sendStatus(toStatus(new CallError('CALLS_LIMIT', 'too many calls at once'), report));
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, pass) => {
            if (place === null) leave = admission.refuse(refuse);
            else pass(metadata);
          },
          onCancel: () => leave(),
        });
      },
      sendStatus: (status, next) => {
        leave();
        next(status);
      },
    });
  };
};

import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { toStatus, type FailureReport } from '../errors/to-status.js';
import { CallError } from './call-error.js';

/** Answered however busy the process is: an orchestrator must not take a crowd for a death. */
const HEALTH = '/grpc.health.v1.Health/';

/**
 * At most so many calls of a process at once, over all its connections. A further one is refused before a byte of its
 * message is read or its token is looked at: `CALLS_LIMIT`, RESOURCE_EXHAUSTED with the time after which to try again.
 * It goes first among the interceptors.
 */
export const limitCalls = (most: number, report: FailureReport): ServerInterceptor => {
  let underWay = 0;
  return (method, call) => {
    if (method.path.startsWith(HEALTH)) return new ServerInterceptingCall(call);
    const isAdmitted = underWay < most;
    let isCounted = isAdmitted;
    if (isAdmitted) underWay += 1;
    const end = (): void => {
      if (isCounted) underWay -= 1;
      isCounted = false;
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, pass) => {
            if (isAdmitted) pass(metadata);
            else call.sendStatus(toStatus(new CallError('CALLS_LIMIT', 'too many calls at once'), report));
          },
          onCancel: end,
        });
      },
      sendStatus: (status, next) => {
        end();
        next(status);
      },
    });
  };
};

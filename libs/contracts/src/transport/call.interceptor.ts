import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { CallError } from './call-error.js';
import { malformed } from './services.js';

/** What we need of a grpc-js server call. */
export type ServerCall = Readonly<{ cancelled: boolean; getDeadline(): Date | number }>;

/** Throws when nobody waits for the answer any more: a call past its deadline starts no new work. */
export const assertAwaited = (call: ServerCall): void => {
  if (Number(call.getDeadline()) <= Date.now()) throw new CallError('DEADLINE_PASSED');
  if (call.cancelled) throw new CallError('CALL_CANCELLED');
};

export const assertDecoded = (message: unknown): void => {
  if (message === malformed) throw new CallError('REQUEST_MALFORMED');
};

/** The last gate before a handler: the message was one, and somebody still waits. */
@Injectable()
export class CallInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const [message, , call] = context.getArgs<[unknown, unknown, ServerCall]>();
    assertDecoded(message);
    assertAwaited(call);
    return next.handle();
  }
}

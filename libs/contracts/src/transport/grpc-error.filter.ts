import { Catch, Logger, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import { describeFailure } from '../errors/describe-failure.js';
import { toStatus, type FailureReport } from '../errors/to-status.js';

const logger = new Logger('transport');

/** Writes the cause of an INTERNAL answer to the log, under the id that the caller was given. */
export const logFailure: FailureReport = (errorId, cause) => {
  logger.error(`internal error ${errorId}: ${describeFailure(cause)}`);
};

/** Every error that leaves a handler becomes a google.rpc.Status, by the error table. */
@Catch()
export class GrpcErrorFilter implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => toStatus(error, logFailure));
  }
}

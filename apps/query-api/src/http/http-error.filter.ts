import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { errorRow, errorTable, logFailure, readRpcStatus, toRpcStatus } from '@lacuna/contracts';

type Response = Readonly<{ status(code: number): Readonly<{ json(body: object): unknown }> }>;

/** The same table, reasons and silence as over gRPC, as HTTP answers. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (error instanceof HttpException) {
      response.status(error.getStatus()).json({ error: 'HTTP', message: error.message });
      return;
    }
    const { reason, message, violations } = readRpcStatus(toRpcStatus(error, logFailure));
    const { http } = errorRow(reason ?? '') ?? errorTable.INTERNAL;
    response.status(http).json({ error: reason, message, violations });
  }
}

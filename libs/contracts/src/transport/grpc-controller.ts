import { applyDecorators, Controller, UseFilters, UseInterceptors } from '@nestjs/common';
import { CallInterceptor } from './call.interceptor.js';
import { GrpcErrorFilter } from './grpc-error.filter.js';

/**
 * A controller of gRPC calls. Filter and interceptor are bound here and not globally: a hybrid Nest application
 * does not pass its global ones on to its microservices.
 */
export const GrpcController = (): ClassDecorator =>
  applyDecorators(Controller(), UseFilters(GrpcErrorFilter), UseInterceptors(CallInterceptor));

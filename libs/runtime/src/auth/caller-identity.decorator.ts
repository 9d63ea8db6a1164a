import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Metadata } from '@grpc/grpc-js';
import { identityOf } from './call-authentication.js';
import type { Identity } from './identity.js';

/** Parameter of a gRPC handler: who calls. */
export const CallerIdentity = createParamDecorator((_unused: unknown, context: ExecutionContext): Identity =>
  identityOf(context.switchToRpc().getContext<Metadata>()),
);

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { DuplexCall } from './answer-in-order.js';

/** Parameter of a streaming handler: the call itself, for its deadline and its flow control. */
export const ServerCallOf = createParamDecorator((_unused: unknown, context: ExecutionContext): DuplexCall =>
  context.getArgByIndex<DuplexCall>(2),
);

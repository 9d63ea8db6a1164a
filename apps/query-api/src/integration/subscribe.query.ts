import { Query } from '@nestjs/cqrs';
import type { Caller } from '@lacuna/application';
import type { integrationV1 } from '@lacuna/contracts';
import type { IntegrationContext } from '@lacuna/domain/integration';

export type Subscription = AsyncIterable<integrationV1.SubscribeResponse>;

/** `after`: a cursor, nothing for the beginning, `end`. `gone`: aborts when nobody listens any more. */
export class Subscribe extends Query<Subscription> {
  constructor(
    readonly caller: Caller,
    readonly request: Readonly<{
      contexts: readonly IntegrationContext[];
      after: string;
      maxRecords: number;
    }>,
    readonly gone: AbortSignal,
  ) {
    super();
  }
}

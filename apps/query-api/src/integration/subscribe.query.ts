import { Query } from '@nestjs/cqrs';
import type { Caller } from '@lacuna/application';
import type { EndingAnswers, integrationV1 } from '@lacuna/contracts';
import type { IntegrationContext } from '@lacuna/domain/integration';

/** It holds a place from its beginning on, and gives it back at the end of its answers: whoever has it takes them. */
export type Subscription = EndingAnswers<integrationV1.SubscribeResponse>;

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

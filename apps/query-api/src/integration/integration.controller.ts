import { QueryBus } from '@nestjs/cqrs';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import {
  answerUntilOver,
  DtoPipe,
  GrpcController,
  ServerCallOf,
  type integrationV1,
  type WritingCall,
} from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { MAX_RECORDS, SubscribeDto } from './subscribe.dto.js';
import { Subscribe } from './subscribe.query.js';

/** What is published, over gRPC: for whoever has no Kafka. */
@GrpcController()
export class IntegrationController {
  constructor(private readonly queries: QueryBus) {}

  @GrpcMethod('IntegrationService', 'Subscribe')
  subscribe(
    @Payload(new DtoPipe(SubscribeDto)) { contexts, after, maxRecords }: SubscribeDto,
    @CallerIdentity() identity: Identity,
    @ServerCallOf() call: WritingCall,
  ): Observable<integrationV1.SubscribeResponse> {
    return answerUntilOver(call, (gone) =>
      this.queries.execute(
        new Subscribe(identity, { contexts, after, maxRecords: maxRecords || MAX_RECORDS }, gone),
      ),
    );
  }
}

import { CommandBus } from '@nestjs/cqrs';
import { GrpcMethod, GrpcStreamMethod, Payload } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import {
  answerInOrder,
  assertAwaited,
  DtoPipe,
  GrpcController,
  limits,
  ServerCallOf,
  type behaviourV1,
  type DuplexCall,
} from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { answerRecord } from '../edge/answer-record.js';
import { Batches } from '../edge/batches.js';
import { correctBehaviour, recordBehaviour, recordBehaviours, responseOf } from './behaviour.calls.js';
import { CorrectBehaviourDto, RecordBehaviourDto } from './behaviour.dto.js';

const recording = new DtoPipe(RecordBehaviourDto);

/** What members do (R041). No answer names a stream, an event or a place in the log. */
@GrpcController()
export class BehaviourController {
  constructor(private readonly commands: CommandBus) {}

  @GrpcMethod('BehaviourService', 'RecordBehaviour')
  recordBehaviour(
    @Payload(recording) request: RecordBehaviourDto,
    @CallerIdentity() identity: Identity,
  ): Promise<behaviourV1.RecordBehaviourResponse> {
    return recordBehaviour(this.commands, identity, request);
  }

  /** What has arrived while one batch is recorded makes the next; two batches' worth of records is let in at most. */
  @GrpcStreamMethod('BehaviourService', 'RecordBehaviours')
  recordBehaviours(
    @Payload() requests: Observable<behaviourV1.RecordBehavioursRequest>,
    @CallerIdentity() identity: Identity,
    @ServerCallOf() call: DuplexCall,
  ): Observable<behaviourV1.RecordBehavioursResponse> {
    const batches = new Batches(limits.maxRecordsInBatch, (dtos: readonly RecordBehaviourDto[]) => {
      assertAwaited(call);
      return recordBehaviours(this.commands, identity, dtos);
    });
    const record = async (message: behaviourV1.RecordBehavioursRequest) => {
      const dto = recording.transform(message.request ?? {});
      return responseOf(dto, await batches.add(dto));
    };
    return answerInOrder(
      requests,
      call,
      (message) => answerRecord(call, message, 'recorded', () => record(message)),
      2 * limits.maxRecordsInBatch,
    );
  }

  @GrpcMethod('BehaviourService', 'CorrectBehaviour')
  correctBehaviour(
    @Payload(new DtoPipe(CorrectBehaviourDto)) request: CorrectBehaviourDto,
    @CallerIdentity() identity: Identity,
  ): Promise<behaviourV1.CorrectBehaviourResponse> {
    return correctBehaviour(this.commands, identity, request);
  }
}

import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CorrectBehaviour, RecordBehaviours } from './behaviour.commands.js';
import { correctBehaviour } from './correct-behaviour.js';
import { recordBehaviours } from './record-behaviours.js';
import { Recording } from './recording.js';

@CommandHandler(RecordBehaviours)
export class RecordBehavioursHandler implements ICommandHandler<RecordBehaviours> {
  constructor(@Inject(Recording) private readonly recording: Recording) {}

  execute(command: RecordBehaviours) {
    return recordBehaviours(this.recording, command);
  }
}

@CommandHandler(CorrectBehaviour)
export class CorrectBehaviourHandler implements ICommandHandler<CorrectBehaviour> {
  constructor(@Inject(Recording) private readonly recording: Recording) {}

  execute(command: CorrectBehaviour) {
    return correctBehaviour(this.recording, command);
  }
}

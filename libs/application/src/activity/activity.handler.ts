import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Ports } from '../ports.js';
import { PORTS } from '../tokens.js';
import { AnnounceActivity, EndActivity, SignUp } from './activity.commands.js';
import { announceActivity } from './announce-activity.js';
import { endActivity } from './end-activity.js';
import { signUp } from './sign-up.js';
import { Turns } from './turns.js';

@CommandHandler(AnnounceActivity)
export class AnnounceActivityHandler implements ICommandHandler<AnnounceActivity> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: AnnounceActivity) {
    return announceActivity(this.ports, command);
  }
}

@CommandHandler(SignUp)
export class SignUpHandler implements ICommandHandler<SignUp> {
  readonly #turns = new Turns();

  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: SignUp) {
    const { tenant } = command.frame.caller;
    return this.#turns.take(`${tenant} ${command.data.activityId}`, () => signUp(this.ports, command));
  }
}

@CommandHandler(EndActivity)
export class EndActivityHandler implements ICommandHandler<EndActivity> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: EndActivity) {
    return endActivity(this.ports, command);
  }
}

import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PORTS } from '../tokens.js';
import type { Ports } from '../ports.js';
import { applyCorrection } from './apply-correction.js';
import { ApplyCorrection, RegisterMember, RequestCorrection } from './member.commands.js';
import { registerMember } from './register-member.js';
import { requestCorrection } from './request-correction.js';

@CommandHandler(RegisterMember)
export class RegisterMemberHandler implements ICommandHandler<RegisterMember> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: RegisterMember) {
    return registerMember(this.ports, command);
  }
}

@CommandHandler(RequestCorrection)
export class RequestCorrectionHandler implements ICommandHandler<RequestCorrection> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: RequestCorrection) {
    return requestCorrection(this.ports, command);
  }
}

@CommandHandler(ApplyCorrection)
export class ApplyCorrectionHandler implements ICommandHandler<ApplyCorrection> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: ApplyCorrection) {
    return applyCorrection(this.ports, command);
  }
}

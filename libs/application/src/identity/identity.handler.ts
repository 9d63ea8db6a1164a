import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { VerifyRealName } from '../member/member.commands.js';
import type { Ports } from '../ports.js';
import { PORTS } from '../tokens.js';
import { verifyRealName } from './verify-real-name.js';

@CommandHandler(VerifyRealName)
export class VerifyRealNameHandler implements ICommandHandler<VerifyRealName> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: VerifyRealName) {
    return verifyRealName(this.ports, command);
  }
}

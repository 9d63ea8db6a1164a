import { Inject } from '@nestjs/common';
import { CommandHandler, QueryHandler, type ICommandHandler, type IQueryHandler } from '@nestjs/cqrs';
import { GetErasureStatus, PreviewErasure, RequestErasure } from '../member/member.commands.js';
import type { Ports } from '../ports.js';
import { PORTS } from '../tokens.js';
import { erasureStatus, previewErasure } from './erasure-queries.js';
import { requestErasure } from './request-erasure.js';

@CommandHandler(RequestErasure)
export class RequestErasureHandler implements ICommandHandler<RequestErasure> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(command: RequestErasure) {
    return requestErasure(this.ports, command);
  }
}

@QueryHandler(PreviewErasure)
export class PreviewErasureHandler implements IQueryHandler<PreviewErasure> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(query: PreviewErasure) {
    return previewErasure(this.ports, query);
  }
}

@QueryHandler(GetErasureStatus)
export class GetErasureStatusHandler implements IQueryHandler<GetErasureStatus> {
  constructor(@Inject(PORTS) private readonly ports: Ports) {}

  execute(query: GetErasureStatus) {
    return erasureStatus(this.ports, query);
  }
}

import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { limits, type queryV1 } from '@lacuna/contracts';
import { packOf } from '../edge/access.js';
import { LOG_LIMITS, QUERY_PORTS, type LogLimits, type QueryPorts } from '../query-api.ports.js';
import { GetServerInfo } from './server.queries.js';

/** Version, limits and clock: for every caller who is known, whatever the role. */
@QueryHandler(GetServerInfo)
export class GetServerInfoHandler implements IQueryHandler<GetServerInfo> {
  constructor(
    @Inject(QUERY_PORTS) private readonly ports: QueryPorts,
    @Inject(LOG_LIMITS) private readonly log: LogLimits,
  ) {}

  execute({ caller }: GetServerInfo): Promise<queryV1.GetServerInfoResponse> {
    return Promise.resolve({
      version: this.ports.server.version,
      pack: packOf(this.ports.packs, caller.tenant).id,
      maxMessageBytes: limits.maxMessageBytes,
      maxEventsPerAppend: this.log.maxEventsPerAppend,
      maxEventBytes: this.log.maxEventBytes,
      maxPageSize: limits.maxPageSize,
      clockKind: this.ports.clock.kind,
      clockNow: this.ports.clock.now(),
    });
  }
}

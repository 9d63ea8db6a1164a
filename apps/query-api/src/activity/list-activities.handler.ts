import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { ActivityRow } from '@lacuna/projections';
import { allowOrRecord } from '../edge/access.js';
import { QUERY_PORTS, type QueryPorts } from '../query-api.ports.js';
import { ListActivities } from './activity.queries.js';

/** What the organisation offers and how many take part; nobody's data is in it. */
@QueryHandler(ListActivities)
export class ListActivitiesHandler implements IQueryHandler<ListActivities> {
  constructor(@Inject(QUERY_PORTS) private readonly ports: QueryPorts) {}

  async execute({ caller }: ListActivities): Promise<readonly ActivityRow[]> {
    await allowOrRecord(this.ports, caller, 'list-activities');
    return await this.ports.views.activities.list(caller.tenant);
  }
}

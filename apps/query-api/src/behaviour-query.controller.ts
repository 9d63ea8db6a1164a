import { QueryBus } from '@nestjs/cqrs';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { DtoPipe, GrpcController, type queryV1 } from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { GetRoster, ListActivities } from './activity/activity.queries.js';
import { GetRosterDto } from './activity/get-roster.dto.js';
import { ListBehaviourDto } from './behaviour/list-behaviour.dto.js';
import { ListBehaviour } from './behaviour/list-behaviour.query.js';
import { GetStatisticsDto } from './statistics/get-statistics.dto.js';
import { GetStatistics } from './statistics/get-statistics.query.js';

/** Reads of what members do: one by one for those who may, in numbers for the rest. */
@GrpcController()
export class BehaviourQueryController {
  constructor(private readonly queries: QueryBus) {}

  @GrpcMethod('QueryService', 'ListBehaviour')
  async listBehaviour(
    @Payload(new DtoPipe(ListBehaviourDto)) request: ListBehaviourDto,
    @CallerIdentity() identity: Identity,
  ): Promise<queryV1.ListBehaviourResponse> {
    const { memberId, entries, liveFrom } = await this.queries.execute(new ListBehaviour(identity, request));
    return {
      memberId,
      entries: entries.map((entry) => ({ ...entry, details: { ...entry.details } })),
      liveFrom,
    };
  }

  @GrpcMethod('QueryService', 'GetStatistics')
  getStatistics(
    @Payload(new DtoPipe(GetStatisticsDto)) { by, from, to, kind }: GetStatisticsDto,
    @CallerIdentity() identity: Identity,
  ): Promise<queryV1.GetStatisticsResponse> {
    const filter = {
      ...(by === '' ? {} : { by }),
      ...(from === '' ? {} : { since: from }),
      ...(to === '' ? {} : { through: to }),
      ...(kind === '' ? {} : { kind }),
    };
    return this.queries.execute(new GetStatistics(identity, filter));
  }

  @GrpcMethod('QueryService', 'ListActivities')
  async listActivities(@CallerIdentity() identity: Identity): Promise<queryV1.ListActivitiesResponse> {
    const activities = await this.queries.execute(new ListActivities(identity));
    return { activities: activities.map((one) => ({ ...one, endedAt: one.endedAt ?? '' })) };
  }

  @GrpcMethod('QueryService', 'GetRoster')
  async getRoster(
    @Payload(new DtoPipe(GetRosterDto)) request: GetRosterDto,
    @CallerIdentity() identity: Identity,
  ): Promise<queryV1.GetRosterResponse> {
    const { participants, gone } = await this.queries.execute(new GetRoster(identity, request));
    return { participants: participants.map((one) => ({ ...one, details: { ...one.details } })), gone };
  }
}

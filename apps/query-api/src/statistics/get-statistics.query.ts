import { Query } from '@nestjs/cqrs';
import type { Caller } from '@lacuna/application';
import type { queryV1 } from '@lacuna/contracts';
import type { StatisticsFilter } from '@lacuna/projections';

export class GetStatistics extends Query<queryV1.GetStatisticsResponse> {
  constructor(
    readonly caller: Caller,
    readonly filter: StatisticsFilter,
  ) {
    super();
  }
}

import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CallError, type queryV1 } from '@lacuna/contracts';
import { behaviourCategory } from '@lacuna/domain/behaviour';
import { allowOrRecord, packOf } from '../edge/access.js';
import { QUERY_PORTS, type QueryPorts } from '../query-api.ports.js';
import { GetStatistics } from './get-statistics.query.js';

/**
 * What behaviour adds up to (R046, R050). Every figure is a sum of cells that each cover at least k people, so that
 * neither a figure nor the difference of two is about fewer. Nobody's data is in it: a report leaves no record, only
 * its refusal does.
 */
@QueryHandler(GetStatistics)
export class GetStatisticsHandler implements IQueryHandler<GetStatistics> {
  constructor(@Inject(QUERY_PORTS) private readonly ports: QueryPorts) {}

  async execute({ caller, filter }: GetStatistics): Promise<queryV1.GetStatisticsResponse> {
    const { tenant } = caller;
    const pack = packOf(this.ports.packs, tenant);
    await allowOrRecord(this.ports, caller, 'report');
    if (filter.kind !== undefined && pack.fields.get(filter.kind)?.category !== behaviourCategory)
      throw new CallError('KIND_UNKNOWN', 'the pack has no such kind', [{ field: 'kind', rule: 'unlisted' }]);
    const [{ rows, total }, { countedThrough, remainder }] = await Promise.all([
      this.ports.views.statistics.rows(tenant, filter),
      this.ports.views.statistics.state(tenant),
    ]);
    return {
      rows: [...rows],
      total,
      k: pack.statistics.k,
      remainder,
      countedThrough: countedThrough ?? '',
    };
  }
}

import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { queryV1 } from '@lacuna/contracts';
import type { KeyClass } from '@lacuna/custody';
import type { ViewStatus } from '@lacuna/projections';
import { allowOrRecord } from '../edge/access.js';
import { QUERY_PORTS, type QueryPorts } from '../query-api.ports.js';
import { GetStatus } from './server.queries.js';

const KEY_CLASSES: readonly KeyClass[] = ['scope', 'subject', 'lookup'];

const viewOf = ({ name, version, state, position, lag, parkedStreams }: ViewStatus): queryV1.ViewStatus => ({
  name,
  version,
  state,
  position: String(position),
  lag: String(lag),
  parkedStreams,
});

/** What an operator looks at first. Counts and states; nothing in it is about a person. */
@QueryHandler(GetStatus)
export class GetStatusHandler implements IQueryHandler<GetStatus> {
  constructor(@Inject(QUERY_PORTS) private readonly ports: QueryPorts) {}

  async execute({ caller }: GetStatus): Promise<queryV1.GetStatusResponse> {
    await allowOrRecord(this.ports, caller, 'status');
    const [log, views, deadlines, keys, warnings] = await Promise.all([
      this.ports.server.logCounts(),
      this.ports.views.viewStatus(),
      this.ports.views.deadlineCounts(caller.tenant),
      this.keys(),
      this.ports.server.warnings(),
    ]);
    return {
      streams: String(log.streams),
      events: String(log.events),
      head: log.head,
      views: views.map(viewOf),
      openDeadlines: String(deadlines.open ?? 0),
      overdueDeadlines: String(deadlines.missed ?? 0),
      keys: [...keys],
      clockKind: this.ports.clock.kind,
      clockNow: this.ports.clock.now(),
      warnings: [...warnings],
    };
  }

  private async keys(): Promise<readonly queryV1.KeyStatus[]> {
    const [counts, rotations] = await Promise.all([
      this.ports.custody.counts(),
      this.ports.custody.rotations(),
    ]);
    return KEY_CLASSES.map((keyClass) => ({
      keyClass,
      living: String(counts.byClass[keyClass]),
      destroyed: String(counts.destroyedByClass[keyClass]),
      epoch: rotations.find((rotation) => rotation.keyClass === keyClass)?.epoch ?? 0,
    }));
  }
}

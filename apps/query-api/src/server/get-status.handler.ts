import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { queryV1 } from '@lacuna/contracts';
import type { Custody, KeyClass } from '@lacuna/custody';
import type { ViewStatus } from '@lacuna/projections';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { ProcessorStatus } from '@lacuna/runtime';
import { allowOrRecord, packOf } from '../edge/access.js';
import { QUERY_PORTS, type QueryPorts } from '../query-api.ports.js';
import { clockedCategories, overdueScopes } from './overdue-retention.js';
import { GetStatus } from './server.queries.js';

type OpenImport = Awaited<ReturnType<Custody['openImports']>>[number];

const KEY_CLASSES: readonly KeyClass[] = ['scope', 'subject', 'lookup'];

const viewOf = ({ name, version, state, position, lag, parkedStreams }: ViewStatus): queryV1.ViewStatus => ({
  name,
  version,
  state,
  position: String(position),
  lag: String(lag),
  parkedStreams,
});

const processorOf = (status: ProcessorStatus): queryV1.ProcessorStatus => ({
  name: status.name,
  holder: status.holder,
  state: status.state,
  position: status.position === null ? '' : String(status.position),
  silentMs: String(status.silentMs),
  failures: status.failures.map(({ kind, code }) => `${kind} (${code})`),
});

/** `purchase: 12500 of 69659 rows in, begun 1998-07-01T00:00:00.000Z`. */
const importLine = ({ kind, rows, nextChunk, chunkRows, begunAt }: OpenImport): string =>
  `${kind}: ${Math.min(rows, nextChunk * chunkRows)} of ${rows} rows in, begun ${begunAt}`;

/** What an operator looks at first. Counts and states; nothing in it is about a person. */
@QueryHandler(GetStatus)
export class GetStatusHandler implements IQueryHandler<GetStatus> {
  constructor(@Inject(QUERY_PORTS) private readonly ports: QueryPorts) {}

  async execute({ caller }: GetStatus): Promise<queryV1.GetStatusResponse> {
    await allowOrRecord(this.ports, caller, 'status');
    const pack = packOf(this.ports.packs, caller.tenant);
    const [log, views, deadlines, keys, operation, openImports, overdueRetention] = await Promise.all([
      this.ports.server.logCounts(),
      this.ports.views.viewStatus(),
      this.ports.views.deadlineCounts(caller.tenant),
      this.keys(),
      this.ports.server.operation(),
      this.openImports(caller.tenant),
      this.overdueRetention(pack, caller.tenant),
    ]);
    return {
      ...(log.streams === null ? {} : { streams: String(log.streams) }),
      ...(log.events === null ? {} : { events: String(log.events) }),
      head: log.head,
      views: views.map(viewOf),
      openDeadlines: String(deadlines.open ?? 0),
      overdueDeadlines: String(deadlines.missed ?? 0),
      keys: [...keys],
      clockKind: this.ports.clock.kind,
      clockNow: this.ports.clock.now(),
      warnings: [...operation.warnings],
      openImports: [...openImports],
      overdueRetention: [...overdueRetention],
      processors: operation.processors.map(processorOf),
    };
  }

  private async openImports(tenant: string): Promise<readonly string[]> {
    const imports = await this.ports.custody.openImports();
    return imports.filter((one) => one.tenant === tenant).map(importLine);
  }

  private async overdueRetention(pack: PolicyPack, tenant: string): Promise<readonly string[]> {
    const [activities, ...living] = await Promise.all([
      this.ports.views.activities.list(tenant),
      ...clockedCategories(pack).map(
        async (category) => [category, await this.ports.custody.livingScopes(tenant, category)] as const,
      ),
    ]);
    const ends = new Map(
      activities.flatMap(({ activityId, endedAt }) =>
        endedAt === null ? [] : [[activityId, endedAt] as const],
      ),
    );
    return overdueScopes(pack, new Map(living), ends, this.ports.clock.now());
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

import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { toAttributes, toBytes, type integrationV1 } from '@lacuna/contracts';
import { behaviourCategory } from '@lacuna/domain/behaviour';
import type { IntegrationEvent } from '@lacuna/domain/integration';
import type { LocalDate } from '@lacuna/domain/kernel';
import { lastClosedDay } from '@lacuna/domain/policy';
import { allowOrRecord, packOf } from '../edge/access.js';
import { CURSOR_KEY, QUERY_PORTS, type QueryPorts } from '../query-api.ports.js';
import { defaultContexts } from './contexts.js';
import { cursorsOf, type Cursors } from './cursor.js';
import { followLog, type Following, type Portion } from './follow-log.js';
import { LOG_FEED, type LogFeed } from './log-feed.js';
import { Subscribe, type Subscription } from './subscribe.query.js';
import { Subscriptions, type OpenSubscription } from './subscriptions.js';

/** From now on: what happens after the head of this moment. */
const END = 'end';

const recordOf = (event: IntegrationEvent): integrationV1.IntegrationRecord => {
  const data = toBytes(event);
  return { attributes: { ...toAttributes(event) }, ...(data === null ? {} : { data }) };
};

/**
 * What is published, to whom the pack lets follow it: one organisation's records, in the envelope that Kafka carries.
 * Nothing in them is personal, so that following leaves no record of a read; only its refusal does.
 */
@QueryHandler(Subscribe)
export class SubscribeHandler implements IQueryHandler<Subscribe> {
  /** Of this log, once it has begun: it never changes under a running server. */
  private logName: string | null = null;

  constructor(
    @Inject(QUERY_PORTS) private readonly ports: QueryPorts,
    @Inject(LOG_FEED) private readonly feed: LogFeed,
    @Inject(CURSOR_KEY) private readonly cursorKey: Buffer,
    private readonly subscriptions: Subscriptions,
  ) {}

  async execute({ caller, request, gone }: Subscribe): Promise<Subscription> {
    const { tenant } = caller;
    const pack = packOf(this.ports.packs, tenant);
    await allowOrRecord(this.ports, caller, 'subscribe');
    const { maxRecords } = request;
    const contexts = new Set(request.contexts.length > 0 ? request.contexts : defaultContexts);
    const cursors = cursorsOf(this.cursorKey, tenant, contexts);
    const after = await this.placeOf(cursors, request.after);
    const open = this.subscriptions.begin(tenant, gone);
    const { signal, keepAliveMs } = open;
    const closed = (): LocalDate => lastClosedDay(pack, behaviourCategory, this.ports.clock.now());
    const following = { tenant, contexts, after, maxRecords, signal, keepAliveMs, lastClosedDay: closed };
    return { answers: this.answers(cursors, open, following), over: signal };
  }

  private async placeOf(cursors: Cursors, after: string): Promise<bigint> {
    if (after === '') return 0n;
    if (after === END) return this.feed.head();
    return cursors.open(after, await this.log());
  }

  private async log(): Promise<string | null> {
    this.logName ??= await this.feed.name();
    return this.logName;
  }

  private async *answers(
    cursors: Cursors,
    open: OpenSubscription,
    following: Following,
  ): AsyncGenerator<integrationV1.SubscribeResponse> {
    try {
      for await (const portion of followLog(this.feed, following))
        yield await this.answerOf(cursors, portion);
    } finally {
      open.close();
    }
    this.subscriptions.assertServing();
  }

  private async answerOf(cursors: Cursors, portion: Portion): Promise<integrationV1.SubscribeResponse> {
    const { events, position, caughtUp } = portion;
    const log = position > 0n ? await this.log() : null;
    return { records: events.map(recordOf), cursor: cursors.seal(position, log), caughtUp };
  }
}

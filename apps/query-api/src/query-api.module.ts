import { Module } from '@nestjs/common';
import { CLOCK, POLICY_PACKS, READ_RECORDER } from '@lacuna/application';
import { CUSTODY } from '@lacuna/custody';
import { EVENT_STORE, EVENT_STORE_LIMITS, logNameOf, type EventStore } from '@lacuna/event-store';
import { VIEW_QUERIES } from '@lacuna/projections';
import { GetRosterHandler } from './activity/get-roster.handler.js';
import { ListActivitiesHandler } from './activity/list-activities.handler.js';
import { ListAuditTrailHandler } from './audit/list-audit-trail.handler.js';
import { BehaviourQueryController } from './behaviour-query.controller.js';
import { ListBehaviourHandler } from './behaviour/list-behaviour.handler.js';
import { DemoController } from './http/demo.controller.js';
import { IntegrationController } from './integration/integration.controller.js';
import { LOG_FEED, type LogFeed } from './integration/log-feed.js';
import { SubscribeHandler } from './integration/subscribe.handler.js';
import { Subscriptions } from './integration/subscriptions.js';
import { GetMemberHandler } from './member/get-member.handler.js';
import { QueryController } from './query.controller.js';
import { LOG_LIMITS, QUERY_PORTS, SERVER_STATE, type QueryPorts } from './query-api.ports.js';
import { GetServerInfoHandler } from './server/get-server-info.handler.js';
import { GetStatusHandler } from './server/get-status.handler.js';
import { GetStatisticsHandler } from './statistics/get-statistics.handler.js';

/** In the order of `inject` below. */
type Parts = [
  packs: QueryPorts['packs'],
  custody: QueryPorts['custody'],
  views: QueryPorts['views'],
  recorder: QueryPorts['recorder'],
  clock: QueryPorts['clock'],
  server: QueryPorts['server'],
];

/**
 * Reads and subscriptions over gRPC, and demo tokens over HTTP. Needs in scope, from global modules: `POLICY_PACKS`,
 * `CUSTODY`, `EVENT_STORE`, `VIEW_QUERIES`, `READ_RECORDER`, `CLOCK`, `SERVER_STATE`, `DEMO_ISSUER`, `CURSOR_KEY`,
 * `SUBSCRIPTION_RULES` and the `CqrsModule`.
 */
@Module({
  controllers: [QueryController, BehaviourQueryController, IntegrationController, DemoController],
  providers: [
    GetMemberHandler,
    GetRosterHandler,
    GetServerInfoHandler,
    GetStatisticsHandler,
    GetStatusHandler,
    ListActivitiesHandler,
    ListAuditTrailHandler,
    ListBehaviourHandler,
    SubscribeHandler,
    Subscriptions,
    {
      provide: LOG_FEED,
      inject: [EVENT_STORE],
      useFactory: (store: EventStore): LogFeed => ({
        head: () => store.head(),
        subscribe: (after, read) => store.subscribe(after, read),
        name: () => logNameOf(store),
      }),
    },
    { provide: LOG_LIMITS, useValue: EVENT_STORE_LIMITS },
    {
      provide: QUERY_PORTS,
      inject: [POLICY_PACKS, CUSTODY, VIEW_QUERIES, READ_RECORDER, CLOCK, SERVER_STATE],
      useFactory: (...[packs, custody, views, recorder, clock, server]: Parts): QueryPorts => ({
        packs,
        custody,
        views,
        recorder,
        clock,
        server,
      }),
    },
  ],
})
export class QueryApiModule {}

import type { INestApplication } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { observeCommands, observeHealth, observePool, observeQueries } from '@lacuna/runtime';
import type { HostParts } from '../host-parts.js';
import { observeConnections } from './connections.js';
import { observeStore } from './store-figures.js';

/** The buses of an app; one that takes no calls has none. */
const busesOf = (nest: INestApplication): Readonly<{ commands: CommandBus; queries: QueryBus }> | null => {
  try {
    return {
      commands: nest.get(CommandBus, { strict: false }),
      queries: nest.get(QueryBus, { strict: false }),
    };
  } catch {
    return null;
  }
};

/** Counts, times and traces what an app does from now on, and says at each scrape how it and its store are. */
export const observeApp = (nest: INestApplication, parts: HostParts): void => {
  const { health, metrics, pool } = parts;
  const buses = busesOf(nest);
  if (buses !== null) {
    observeCommands(buses.commands, metrics);
    observeQueries(buses.queries, metrics);
  }
  observeHealth(metrics, health);
  observePool(metrics, pool);
  observeConnections(metrics);
  observeStore(metrics, parts);
};

import type { INestApplication } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { observeCommands, observeHealth, observePool, observeQueries } from '@lacuna/runtime';
import type { AppDefinition } from '../app-definition.js';
import type { HostParts } from '../host-parts.js';
import { observeConnections } from './connections.js';
import { observeStore } from './store-figures.js';

/** Counts, times and traces what an app does from now on, and says at each scrape how it and its store are. */
export const observeApp = (nest: INestApplication, { packages }: AppDefinition, parts: HostParts): void => {
  const { health, metrics, pool } = parts;
  // An app that takes no calls has no buses.
  if (packages.length > 0) {
    observeCommands(nest.get(CommandBus, { strict: false }), metrics);
    observeQueries(nest.get(QueryBus, { strict: false }), metrics);
  }
  observeHealth(metrics, health);
  observePool(metrics, pool);
  observeConnections(metrics);
  observeStore(metrics, parts);
};

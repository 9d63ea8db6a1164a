import type { ClosableEventStore, EventStore } from '../event-store.port.js';
import { appendCases, clockCases } from './append-cases.contract.js';
import { closingCases } from './closing-cases.contract.js';
import { limitCases, nameCases } from './limit-cases.contract.js';
import { allReadCases, streamReadCases } from './read-cases.contract.js';
import { retryCases } from './retry-cases.contract.js';
import { subscriptionCases } from './subscription-cases.contract.js';

/**
 * What every engine of the log must do, run by each of them in a few lines. The log may hold events of others
 * already: a case looks only at what comes after the head it began with.
 */
export const describeEventStoreContract = (name: string, open: () => Promise<ClosableEventStore>): void => {
  describe(`event store contract: ${name}`, () => {
    let opened: ClosableEventStore;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());
    const store = (): EventStore => opened;
    describe('append', () => appendCases(store));
    describe('retries', () => retryCases(store));
    describe('limits', () => limitCases(store));
    describe('names', () => nameCases(store));
    describe('reading a stream', () => streamReadCases(store));
    describe('reading all', () => allReadCases(store));
    describe('subscribing', () => subscriptionCases(store));
    describe('closing', () => closingCases(open));
    // Last: it leaves the log's clock in the future.
    describe('clocks', () => clockCases(store));
  });
};

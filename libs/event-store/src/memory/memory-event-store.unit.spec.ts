import { describeEventStoreContract } from '../contract/event-store.contract.js';
import { createMemoryEventStore } from './memory-event-store.js';

describeEventStoreContract('memory', () => Promise.resolve(createMemoryEventStore()));

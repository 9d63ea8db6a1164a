import { LacunaError } from '@lacuna/domain/kernel';
import type { JsonObject } from '@lacuna/event-store';

/** An open text of an event that stands in the log: its contract says that it is there. */
export const textOf = (data: JsonObject, field: string): string => {
  const value = data[field];
  if (typeof value !== 'string') throw new LacunaError('EVENT_MALFORMED', `the event has no ${field}`);
  return value;
};

/** A decider that never answers «nothing to do» for this command has done so. */
export const neverNothing = (): never => {
  throw new LacunaError('EVENT_MALFORMED', 'the command left no event');
};

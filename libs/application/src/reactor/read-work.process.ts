import { readEvent } from '@lacuna/domain/catalogue';
import type { LogBatch } from '@lacuna/event-store';
import type { Ports } from '../ports.js';
import { workOf, type WorkChange } from './work.js';
import type { WorkStore } from './work.port.js';

const changesIn = ({ packs }: Ports, batch: LogBatch): readonly WorkChange[] =>
  batch.events.flatMap((recorded) => {
    const { tenant } = recorded.metadata;
    return workOf(readEvent(recorded), tenant, packs.get(tenant));
  });

// What an operator confirms may be confirmed to another process than the one that waits for it.
const isConfirmation = ({ type }: LogBatch['events'][number]): boolean => type === 'ClockJumpConfirmed';

/** Whether a run of the log holds anything for the reactor. */
export const hasWork = (ports: Ports, batch: LogBatch): boolean =>
  changesIn(ports, batch).length > 0 || batch.events.some(isConfirmation);

/**
 * Reads the log from where the reactor stands to its head, and writes down what is to be done; the place and the work
 * go together. Where another reactor was quicker, it goes on from there.
 */
export const readWork = async (ports: Ports, work: WorkStore): Promise<void> => {
  for (;;) {
    let from = await work.position();
    let overtaken = false;
    for await (const batch of ports.store.readAll(from)) {
      if (batch.position === from) continue;
      if (!(await work.take(from, batch.position, changesIn(ports, batch)))) {
        overtaken = true;
        break;
      }
      from = batch.position;
    }
    if (!overtaken) return;
  }
};

import { readEvent } from '@lacuna/domain/catalogue';
import { hasCode, streamId, type Instant, type LocalDate } from '@lacuna/domain/kernel';
import type { RetentionEvent, RetentionSwept } from '@lacuna/domain/retention';
import type { EventStore, Revision } from '@lacuna/event-store';
import { factId } from '../execute/fact-id.js';
import { systemMetadata } from '../execute/frame.js';
import { toStored } from '../execute/write.js';
import type { Ports } from '../ports.js';

/** A tenant's sweeps of one year. */
const retentionStream = (tenant: string, year: string): string => streamId(tenant, 'retention', year);

/** A sweep in the log; `begunAt`: everything that was destroyed before has its event. */
export type LoggedSweep = Readonly<{ begunAt: Instant; data: RetentionSwept['data'] }>;

const PAGE = 50;

const lastSweepOf = async (store: EventStore, stream: string): Promise<LoggedSweep | null> => {
  let from: Revision | undefined;
  for (;;) {
    const read = { direction: 'backward', limit: PAGE, ...(from === undefined ? {} : { from }) } as const;
    const { events } = await store.readStream(stream, read);
    for (const recorded of events) {
      const event = readEvent(recorded);
      if (event.type === 'RetentionSwept') return { begunAt: recorded.metadata.occurredAt, data: event.data };
    }
    const oldest = events.at(-1);
    if (oldest === undefined || oldest.revision === 0n) return null;
    from = oldest.revision - 1n;
  }
};

/** A tenant's last sweep that was completed, from one date back to another; null: there was none. */
export const lastSweep = async (
  store: EventStore,
  tenant: string,
  { from, back }: Readonly<{ from: LocalDate; back: LocalDate }>,
): Promise<LoggedSweep | null> => {
  for (let year = Number(from.slice(0, 4)); year >= Number(back.slice(0, 4)); year -= 1) {
    const found = await lastSweepOf(store, retentionStream(tenant, String(year)));
    if (found !== null) return found;
  }
  return null;
};

const nameOf = (event: RetentionEvent): readonly string[] => {
  switch (event.type) {
    case 'BehaviourDayAnonymised':
      return [event.type, event.data.category, event.data.day];
    case 'ReadRecordEnded':
      return [event.type, event.data.month];
    case 'RetentionSwept':
      return [event.type, event.data.date];
  }
};

/** One nightly sweep of a tenant: the date of its run, and when it began. */
export type Sweep = Readonly<{ tenant: string; date: LocalDate; begunAt: Instant }>;

/** Writes a fact of retention down, once for ever: repeated in this year or another it changes nothing. */
export const appendOnce = async (ports: Ports, sweep: Sweep, event: RetentionEvent): Promise<void> => {
  const { tenant, date, begunAt } = sweep;
  const metadata = { ...systemMetadata(ports, tenant), occurredAt: begunAt };
  try {
    await ports.store.append({
      stream: retentionStream(tenant, date.slice(0, 4)),
      expected: 'any',
      events: [toStored(event, factId(tenant, ...nameOf(event)), metadata, null)],
      now: ports.clock.now(),
    });
  } catch (error) {
    if (!hasCode(error, 'EVENT_ID_REUSED')) throw error;
  }
};

import { LacunaError } from '@lacuna/domain/kernel';
import type { AppendResult, RecordedEvent } from '../event-store.port.js';
import type { CheckedAppend } from '../log/append-checks.js';
import { inPieces } from './in-pieces.js';
import type { Reservation, Reservations } from './reservations.js';
import type { ServerReads } from './server-reads.js';

/** An event id, where it was going to stand, and the event if it stands there. */
export type Standing = Readonly<{ reservations: readonly Reservation[]; event: RecordedEvent | null }>;

export const reused = (): LacunaError => new LacunaError('EVENT_ID_REUSED');

/** Looks where an id was going to stand: it cannot stand anywhere else. */
export const standingOf = async (
  { reservations, reads }: Readonly<{ reservations: Reservations; reads: ServerReads }>,
  stream: string,
  id: string,
): Promise<Standing> => {
  const found = await reservations.of(id);
  if (found.some((reservation) => reservation.stream !== stream)) throw reused();
  for (const revision of new Set(found.map((reservation) => reservation.revision))) {
    const event = await reads.eventAt(stream, revision);
    if (event?.id === id) return { reservations: found, event };
  }
  return { reservations: found, event: null };
};

export const standingsOf = (
  parts: Readonly<{ reservations: Reservations; reads: ServerReads }>,
  { stream, events }: CheckedAppend,
): Promise<Standing[]> => inPieces(events, ({ id }) => standingOf(parts, stream, id));

/** The first answer again when all stand, one after the other; `null` when none does; anything else is refused. */
export const knownAnswer = (standings: readonly Standing[]): AppendResult | null => {
  const events = standings.flatMap(({ event }) => event ?? []);
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) return null;
  const isWhole =
    events.length === standings.length &&
    events.every((event, index) => event.revision === first.revision + BigInt(index));
  if (!isWhole) throw reused();
  const { revision, position, recordedAt } = last;
  return { kind: 'known', revision, position, recordedAt };
};

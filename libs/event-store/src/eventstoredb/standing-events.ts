import { LacunaError } from '@lacuna/domain/kernel';
import type { AppendResult, RecordedEvent } from '../event-store.port.js';
import type { CheckedAppend } from '../log/append-checks.js';
import { inPieces } from './in-pieces.js';
import type { Reservations, Reserved } from './reservations.js';
import type { ServerReads } from './server-reads.js';
import { isGivenUp } from './under-way.js';

/** An event id, where it was going to stand, and the event if it stands in the stream that was asked for. */
export type Standing = Readonly<{ reservations: readonly Reserved[]; event: RecordedEvent | null }>;

type Parts = Readonly<{ reservations: Reservations; reads: ServerReads }>;

const reused = (): LacunaError => new LacunaError('EVENT_ID_REUSED');

/**
 * Passes a reservation of another stream where it is certain that the id will never stand there: something else stands
 * where its append was to begin, or whoever was going to write it has long given up. An append that may be under way is
 * neither here nor there: whoever asks must ask again.
 */
const assertDead = async ({ reads }: Parts, reservation: Reserved, id: string): Promise<void> => {
  const { stream, start, revision, madeAt } = reservation;
  const now = Date.now();
  // Where its append begins, first: what came later must not be taken for somebody else's.
  const begin = await reads.eventAt(stream, start);
  if (begin === null && isGivenUp(madeAt, now)) return;
  if (begin === null)
    throw new LacunaError('STORE_CONTENDED', 'an event id may be under way to another stream');
  const event = revision === start ? begin : await reads.eventAt(stream, revision);
  if (event?.id === id) throw reused();
};

/** Looks where an id was going to stand: it cannot stand anywhere else. */
const standingOf = async (parts: Parts, stream: string, id: string): Promise<Standing> => {
  const found = await parts.reservations.of(id);
  const own = found.filter((reservation) => reservation.stream === stream);
  for (const revision of new Set(own.map((reservation) => reservation.revision))) {
    const event = await parts.reads.eventAt(stream, revision);
    if (event?.id === id) return { reservations: found, event };
  }
  for (const reservation of found)
    if (reservation.stream !== stream) await assertDead(parts, reservation, id);
  return { reservations: found, event: null };
};

const standingsOf = (parts: Parts, { stream, events }: CheckedAppend): Promise<Standing[]> =>
  inPieces(events, ({ id }) => standingOf(parts, stream, id));

/** The first answer again when all stand, one after the other; `null` when none does; anything else is refused. */
const knownAnswer = (standings: readonly Standing[]): AppendResult | null => {
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

const isPartial = (standings: readonly Standing[]): boolean =>
  standings.some(({ event }) => event !== null) && standings.some(({ event }) => event === null);

/** Where the ids of an append were going to stand, and its answer if they do. */
export const lookFor = async (
  parts: Parts,
  request: CheckedAppend,
): Promise<Readonly<{ standings: readonly Standing[]; known: AppendResult | null }>> => {
  const seen = await standingsOf(parts, request);
  // All events of an append come at once: where some stand, the others may have come while they were looked for.
  const standings = isPartial(seen) ? await standingsOf(parts, request) : seen;
  return { standings, known: knownAnswer(standings) };
};

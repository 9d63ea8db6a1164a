import { randomUUID } from 'node:crypto';
import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import type { AppendResult, Revision } from '../event-store.port.js';
import type { CheckedAppend } from '../log/append-checks.js';
import { inPieces } from './in-pieces.js';
import type { Reservation, Reservations, Reserved } from './reservations.js';
import type { SeenRevisions } from './seen-revisions.js';
import type { ServerReads } from './server-reads.js';
import { lookFor, type Standing } from './standing-events.js';
import { isTimely, isYoung } from './under-way.js';

export type AppendParts = Readonly<{ reads: ServerReads; reservations: Reservations; seen: SeenRevisions }>;

/** Where an append will stand, its ids reserved; `isFirst`: nobody had reserved them. `plannedAt`: by our clock. */
export type Planned = Readonly<{ start: Revision; recordedAt: Instant; isFirst: boolean; plannedAt: number }>;

type Place = Pick<Planned, 'start' | 'recordedAt'>;

// Two processes that race for one id add a reservation each; more rounds than there are processes is a defect.
const MAX_ROUNDS = 64;

const lastOf = async ({ reads, seen }: AppendParts, stream: string): Promise<Revision | null> => {
  const last = await reads.last(stream);
  seen.see(stream, last);
  return last;
};

/** The revision that the first event will get; `null`: the stream does not end where it is expected to. */
const startOf = async (parts: AppendParts, request: CheckedAppend): Promise<Revision | null> => {
  const { stream, expected } = request;
  if (expected === 'any') return ((await lastOf(parts, stream)) ?? -1n) + 1n;
  const wanted = expected === 'none' ? -1n : expected;
  const known = parts.seen.of(stream);
  const last = known < wanted ? ((await lastOf(parts, stream)) ?? -1n) : known;
  return last === wanted ? wanted + 1n : null;
};

/** Of an append that cannot be made: these events may stand there already. */
export const knownOrConflict = async (parts: AppendParts, request: CheckedAppend): Promise<AppendResult> =>
  (await lookFor(parts, request)).known ?? {
    kind: 'conflict',
    actual: await lastOf(parts, request.stream),
  };

const reservationOf = (
  { stream }: CheckedAppend,
  { start, recordedAt }: Place,
  index: number,
): Reservation => ({ stream, start, revision: start + BigInt(index), recordedAt });

/**
 * What may be taken up: reservations of this stream that are young, so that nobody takes them for given up while they
 * are written. One that another stream's stands behind was given up, whatever became of that one since.
 */
const openOf = ({ reservations }: Standing, stream: string): readonly Reserved[] => {
  const foreign = reservations.findLastIndex((reservation) => reservation.stream !== stream);
  return reservations.slice(foreign + 1).filter(({ madeAt }) => isYoung(madeAt, Date.now()));
};

/** Adds what is missing behind the reservations that were read; `false`: somebody came between, look again. */
const addMissing = async (
  parts: AppendParts,
  request: CheckedAppend,
  standings: readonly Standing[],
  at: Place,
): Promise<boolean> => {
  const added = await inPieces(standings, (standing, index) => {
    const wanted = reservationOf(request, at, index);
    const isThere = openOf(standing, request.stream).some(
      ({ start, revision, recordedAt }) =>
        start === wanted.start && revision === wanted.revision && recordedAt === wanted.recordedAt,
    );
    const id = request.events[index]?.id ?? '';
    return isThere || parts.reservations.add(id, wanted, standing.reservations.length, randomUUID());
  });
  return added.every(Boolean);
};

/**
 * Some of the ids are reserved already. For this stream: they stand, or they are on their way to the same place (then
 * both write the same, and while the reservation is young, at the same recorded time), or their append lost its
 * revision. The last is certain, since nobody reserves before he has seen the stream reach the revision that he
 * expects: whoever was going to an earlier place has lost it to another event, whoever is going to a later one has seen
 * more than we. For another stream: see `lookFor`.
 */
const join = async (
  parts: AppendParts,
  request: CheckedAppend,
  at: Place,
  isFirst: boolean,
): Promise<AppendResult | Omit<Planned, 'plannedAt'>> => {
  const { stream } = request;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { standings, known } = await lookFor(parts, request);
    if (known) return known;
    const own = standings.flatMap(({ reservations }) => reservations.filter((one) => one.stream === stream));
    if (own.some(({ start }) => start > at.start))
      return { kind: 'conflict', actual: await lastOf(parts, stream) };
    // All events of an append have the time that the first one's reservation says.
    const [first] = standings;
    const same = (first ? openOf(first, stream) : []).findLast(
      ({ start, recordedAt }) => start === at.start && isTimely(recordedAt, at.recordedAt),
    );
    const wasReserved = first?.reservations.some((one) => one.stream === stream && one.start === at.start);
    const planned = { start: at.start, recordedAt: same?.recordedAt ?? at.recordedAt };
    if (await addMissing(parts, request, standings, planned))
      return { ...planned, isFirst: isFirst || !wasReserved };
  }
  throw new LacunaError('STORE_CONTENDED');
};

/** Says where an append will stand and reserves its ids, or answers it without one. */
export const planAppend = async (
  parts: AppendParts,
  request: CheckedAppend,
  recordedAt: Instant,
): Promise<AppendResult | Planned> => {
  const plannedAt = Date.now();
  const start = await startOf(parts, request);
  if (start === null) return knownOrConflict(parts, request);
  const at = { start, recordedAt };
  const isNew = await inPieces(request.events, ({ id }, index) =>
    parts.reservations.reserve(id, reservationOf(request, at, index), randomUUID()),
  );
  if (isNew.every(Boolean)) return { ...at, isFirst: true, plannedAt };
  const plan = await join(parts, request, at, isNew[0] ?? false);
  return 'kind' in plan ? plan : { ...plan, plannedAt };
};

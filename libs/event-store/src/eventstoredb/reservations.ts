import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import type { Revision } from '../event-store.port.js';
import type { BatchWriter } from './batch-writer.js';
import { withRetries, type RetryPolicy } from './retry.js';
import type { ServerReads } from './server-reads.js';
import { jsonOf, type ServerRecord } from './server-records.js';
import { reservationStream } from './stream-names.js';

/** Where an event was going to stand: its append began at `start`, itself at `revision`. */
export type Reservation = Readonly<{
  stream: string;
  start: Revision;
  revision: Revision;
  recordedAt: Instant;
}>;

/** `madeAt`: milliseconds of the server's clock. */
export type Reserved = Reservation & Readonly<{ madeAt: number }>;

/**
 * The server keeps an event id unique in its stream at an expected revision, and nowhere else. So each id has a stream
 * of its own, outside the log, whose records say where it was going to stand: whoever appends an id first says so
 * here, and an id can stand only where it was going to.
 */
export type Reservations = Readonly<{
  /** `true`: nobody had. `token` makes a retry of this very attempt the same write. */
  reserve(eventId: string, reservation: Reservation, token: string): Promise<boolean>;
  of(eventId: string): Promise<readonly Reserved[]>;
  /** Adds one behind those that were read; `false`: somebody else has meanwhile. */
  add(eventId: string, reservation: Reservation, behind: number, token: string): Promise<boolean>;
}>;

const TYPE = 'EventIdReserved';
// More than an id is ever tried at: each one is an append that lost its revision.
const MOST = 1_000;

const encode = ({ stream, start, revision, recordedAt }: Reservation): Buffer =>
  Buffer.from(JSON.stringify({ stream, start: start.toString(), revision: revision.toString(), recordedAt }));

const decode = (record: ServerRecord): Reserved => {
  const { stream, start, revision, recordedAt } = jsonOf(record.data);
  if (
    typeof stream !== 'string' ||
    typeof start !== 'string' ||
    typeof revision !== 'string' ||
    typeof recordedAt !== 'string'
  )
    throw new LacunaError('STORE_REFUSED', 'a reservation is not one that this engine wrote');
  return { stream, start: BigInt(start), revision: BigInt(revision), recordedAt, madeAt: record.created };
};

export const createReservations = (
  writer: BatchWriter,
  reads: ServerReads,
  policy: RetryPolicy,
): Reservations => {
  const write = async (
    eventId: string,
    reservation: Reservation,
    expected: Revision | 'none',
    token: string,
  ): Promise<boolean> => {
    const records = [{ id: token, type: TYPE, data: encode(reservation), metadata: Buffer.alloc(0) }];
    const answer = await withRetries(policy, () =>
      writer.write({ stream: reservationStream(eventId), expected, records }),
    );
    return answer.kind === 'written';
  };
  return {
    reserve: (eventId, reservation, token) => write(eventId, reservation, 'none', token),
    of: async (eventId) => {
      const found = await reads.records({
        stream: reservationStream(eventId),
        direction: 'forward',
        from: null,
        count: MOST,
      });
      return (found ?? []).map(decode);
    },
    add: (eventId, reservation, behind, token) =>
      write(eventId, reservation, behind === 0 ? 'none' : BigInt(behind - 1), token),
  };
};

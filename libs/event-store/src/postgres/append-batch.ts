import { LacunaError } from '@lacuna/domain/kernel';
import type { QueryArrayConfig } from 'pg';
import type { AppendResult, ExpectedRevision } from '../event-store.port.js';
import type { CheckedAppend } from '../log/append-checks.js';
import type { Settled } from '../log/batch-queue.js';
import { int4Array, int8Array, textArray, uuidArray } from './binary-array.js';

const NONE = -1n;
const ANY = -2n;

const expectedNumber = (expected: ExpectedRevision): bigint => {
  if (expected === 'none') return NONE;
  return expected === 'any' ? ANY : expected;
};

/** [request, outcome, revision, position, recorded_at], as the driver gives 64-bit numbers: as text. */
type AnswerRow = readonly [number, string, string | null, string | null, string | null];

export const appendQuery = (batch: readonly CheckedAppend[]): QueryArrayConfig => {
  const events = batch.flatMap((request) => request.events);
  return {
    name: 'lacuna-append',
    text: `SELECT request, outcome, revision, position, recorded_at
             FROM log.append($1::text[], $2::int8[], $3::text[], $4::int4[], $5::uuid[], $6::text[], $7::text[])`,
    values: [
      textArray(batch.map((request) => request.stream)),
      int8Array(batch.map((request) => expectedNumber(request.expected))),
      textArray(batch.map((request) => request.now)),
      int4Array(batch.flatMap((request, index) => request.events.map(() => index + 1))),
      uuidArray(events.map((event) => event.id)),
      textArray(events.map((event) => event.type)),
      textArray(events.map((event) => event.body)),
    ],
    rowMode: 'array',
  };
};

const settle = ([, outcome, revision, position, recordedAt]: AnswerRow): Settled<AppendResult> => {
  if (outcome === 'reused') return { error: new LacunaError('EVENT_ID_REUSED') };
  if (outcome === 'conflict')
    return { answer: { kind: 'conflict', actual: revision === null ? null : BigInt(revision) } };
  if (revision === null || position === null || recordedAt === null)
    return { error: new LacunaError('STORE_REFUSED', 'the log gave an append no place') };
  const kind = outcome === 'known' ? 'known' : 'appended';
  return { answer: { kind, revision: BigInt(revision), position: BigInt(position), recordedAt } };
};

/** The rows come in the order of the requests, one for each. */
export const appendAnswers = (rows: readonly unknown[]): Settled<AppendResult>[] =>
  (rows as readonly AnswerRow[]).map(settle);

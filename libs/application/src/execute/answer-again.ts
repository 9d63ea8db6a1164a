import type { StoredEvent } from '@lacuna/domain/catalogue';
import { LacunaError, hasCode, type DomainEvent } from '@lacuna/domain/kernel';
import type { SubjectWriter } from '@lacuna/custody';
import type { Ports } from '../ports.js';
import type { Found } from './find-request.js';
import type { Sealing, Task } from './task.js';
import { digestOf } from './write.js';

/** The key that compared the payloads is gone or out of reach: the event id alone says that this is the request. */
const isPastComparing = (error: unknown): boolean =>
  hasCode(error, 'SUBJECT_ERASED', 'SUBJECT_RESTRICTED', 'SUBJECT_UNKNOWN');

const writerOf = async <Decided extends DomainEvent>(
  { custody }: Ports,
  { subject, digest }: Sealing<Decided>,
  now: string,
): Promise<SubjectWriter | null> => {
  if (digest === null) return null;
  try {
    return await custody.open({ ...subject, categories: [digest], mint: 'none', now });
  } catch (error) {
    if (isPastComparing(error)) return null;
    throw error;
  }
};

/** The first answer for a request that is in the log; `REQUEST_ID_REUSED` where it said something else then. */
export const answerAgain = async <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  ports: Ports,
  task: Task<State, Stored, Decided, Answer>,
  { target, done }: Found,
): Promise<Answer> => {
  const sealing = task.sealing?.(target.subject) ?? null;
  const writer = sealing === null ? null : await writerOf(ports, sealing, task.now);
  const { payloadDigest } = done.event.metadata;
  if (sealing?.digest && writer !== null && payloadDigest !== undefined) {
    if (digestOf(writer, sealing.digest, task.payload) !== payloadDigest)
      throw new LacunaError(task.otherPayload ?? 'REQUEST_ID_REUSED', 'it was recorded with another payload');
  }
  return task.answer(done);
};

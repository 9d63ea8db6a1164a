import type { StoredEvent } from '@lacuna/domain/catalogue';
import type { DomainEvent } from '@lacuna/domain/kernel';
import type { ClaimRequest, OpenRequest, SubjectWriter } from '@lacuna/custody';
import { openForWriting } from '../claims/open-for-writing.js';
import type { Ports } from '../ports.js';
import type { LoadedStream } from './load.js';
import type { Sealing, Target, Task } from './task.js';

export type Step<Decided> = Readonly<{
  target: Target;
  loaded: LoadedStream;
  events: readonly [Decided, ...Decided[]];
}>;

/** A subject that was opened, and how it was asked for. */
export type OpenedSubject = Readonly<{ writer: SubjectWriter; request: OpenRequest }>;

const openRequest = <Decided extends DomainEvent>(
  { subject, categories, mint, alsoLive }: Sealing<Decided>,
  now: string,
): OpenRequest => ({ ...subject, categories, mint, now, ...(alsoLive ? { alsoLive } : {}) });

/** Where opening leaves nothing behind it runs beside the load: the two are one wait. */
export const openEarly = <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  { custody }: Ports,
  task: Task<State, Stored, Decided, Answer>,
): Promise<OpenedSubject> | null => {
  const sealing = task.at === undefined ? null : (task.sealing?.(task.at.subject) ?? null);
  if (sealing === null || sealing.mint !== 'none') return null;
  const request = openRequest(sealing, task.now);
  const opening = custody.open(request).then((writer) => ({ writer, request }));
  // Whether it failed matters only to a command that goes on to write.
  opening.catch(() => undefined);
  return opening;
};

const claimsIn = <Decided extends DomainEvent>(
  sealing: Sealing<Decided>,
  { target, loaded, events }: Step<Decided>,
): readonly ClaimRequest[] =>
  events.flatMap((event, index) =>
    (sealing.claims?.(event) ?? []).map((claimed) => ({
      ...claimed,
      stream: target.stream,
      expected: loaded.last ?? ('none' as const),
      eventId: target.eventId(index),
    })),
  );

/** Opens for what was decided: keys, and claims on the unique values in it, in one commit. */
export const openFor = async <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  ports: Ports,
  task: Task<State, Stored, Decided, Answer>,
  step: Step<Decided>,
  early: Promise<OpenedSubject> | null,
): Promise<OpenedSubject | null> => {
  const { target } = step;
  const sealing = task.sealing?.(target.subject) ?? null;
  if (sealing === null) return null;
  const claims = claimsIn(sealing, step);
  if (early !== null && claims.length === 0) return early;
  const request: OpenRequest = {
    ...openRequest(sealing, task.now),
    ...(sealing.mint === 'subject' && target.epoch !== null ? { requestEpoch: target.epoch } : {}),
    claims,
  };
  return { writer: await openForWriting(ports, request), request };
};

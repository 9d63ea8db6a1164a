import type { StoredEvent } from '@lacuna/domain/catalogue';
import { LacunaError, type DomainEvent, type Refusal } from '@lacuna/domain/kernel';
import type { OpenRequest, SubjectWriter } from '@lacuna/custody';
import { openForWriting } from '../claims/open-for-writing.js';
import type { Ports } from '../ports.js';
import { answerAgain } from './answer-again.js';
import { MovedOn, attempts } from './attempts.js';
import { findRequest } from './find-request.js';
import { fold, loadStream, type LoadedStream } from './load.js';
import { currentTarget, type Sealing, type Target, type Task } from './task.js';
import { append, digestOf, toStored } from './write.js';

/**
 * The way of every command: load, answer a retry from what is there, decide, seal, append, answer.
 * `build` makes the command concrete, and again for each further attempt: names, clock and state are then new.
 *
 * When it resolves, what it answers is durable. A refusal is a `LacunaError` with the decider's code; nothing was
 * written then. Sent again with the same request id it gives the first answer.
 */
export const execute = <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  ports: Ports,
  build: () => Promise<Task<State, Stored, Decided, Answer>>,
): Promise<Answer> => attempts(async () => attempt(ports, await build()));

export const refusal = ({ code, violations }: Refusal): LacunaError =>
  new LacunaError(code, code, violations);

const attempt = async <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  ports: Ports,
  task: Task<State, Stored, Decided, Answer>,
): Promise<Answer> => {
  const target = currentTarget(task.targets);
  const early = openEarly(ports, task, target);
  const streams = await loadTargets(ports, task.targets);
  const found = findRequest(task.targets, streams);
  if (found !== null) return answerAgain(ports, task, found);

  const loaded = streams.get(target.stream) ?? { stream: target.stream, events: [], last: null };
  const state = fold(task.folding, loaded);
  const decision = await task.decide(state, target);
  if (decision.kind === 'refused') throw refusal(decision.refusal);
  const [first, ...more] = decision.events;
  if (first === undefined) return task.nothing(state, loaded);
  const writer = (await early) ?? (await openFor(ports, task, { target, loaded, events: [first, ...more] }));
  return write(ports, task, { target, loaded, events: [first, ...more], writer });
};

const loadTargets = async (
  { store }: Ports,
  targets: readonly Target[],
): Promise<ReadonlyMap<string, LoadedStream>> => {
  const names = [...new Set(targets.map(({ stream }) => stream))];
  const loaded = await Promise.all(names.map((stream) => loadStream(store, stream)));
  return new Map(loaded.map((stream) => [stream.stream, stream]));
};

type Step<Decided> = Readonly<{
  target: Target;
  loaded: LoadedStream;
  events: readonly [Decided, ...Decided[]];
}>;

const openRequest = <Decided extends DomainEvent>(
  { subject, categories, mint, alsoLive }: Sealing<Decided>,
  now: string,
): OpenRequest => ({ ...subject, categories, mint, now, ...(alsoLive ? { alsoLive } : {}) });

/** Where opening leaves nothing behind it runs beside the load: the two are one wait. */
const openEarly = <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  { custody }: Ports,
  task: Task<State, Stored, Decided, Answer>,
  target: Target,
): Promise<SubjectWriter> | null => {
  const sealing = task.sealing?.(target) ?? null;
  if (sealing === null || sealing.mint !== 'none' || sealing.claims !== undefined) return null;
  const opening = custody.open(openRequest(sealing, task.now));
  // Whether it failed matters only to a command that goes on to write.
  opening.catch(() => undefined);
  return opening;
};

const openFor = <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  ports: Ports,
  task: Task<State, Stored, Decided, Answer>,
  { target, loaded, events }: Step<Decided>,
): Promise<SubjectWriter | null> => {
  const sealing = task.sealing?.(target) ?? null;
  if (sealing === null) return Promise.resolve(null);
  const claims = events.flatMap((event, index) =>
    (sealing.claims?.(event) ?? []).map((claimed) => ({
      ...claimed,
      stream: target.stream,
      expected: loaded.last ?? ('none' as const),
      eventId: target.eventId(index),
    })),
  );
  return openForWriting(ports, {
    ...openRequest(sealing, task.now),
    ...(sealing.mint === 'subject' && target.epoch !== null ? { requestEpoch: target.epoch } : {}),
    claims,
  });
};

const write = async <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  ports: Ports,
  task: Task<State, Stored, Decided, Answer>,
  { target, loaded, events, writer }: Step<Decided> & Readonly<{ writer: SubjectWriter | null }>,
): Promise<Answer> => {
  const digest = task.sealing?.(target).digest ?? null;
  const metadata =
    writer === null || digest === null
      ? task.metadata
      : { ...task.metadata, payloadDigest: digestOf(writer, digest, task.payload) };
  const stored = events.map((event, index) => toStored(event, target.eventId(index), metadata, writer));
  const result = await append(ports.store, {
    stream: target.stream,
    expected: loaded.last ?? 'none',
    events: stored,
    now: task.now,
  });
  // `known`: a twin of this very request was first; the next attempt finds it and compares.
  // Claims stay as they are: an open one is always settled by what the log says.
  if (result.kind !== 'appended') throw new MovedOn('REVISION_CONFLICT');
  const [event] = stored;
  if (event === undefined) throw new LacunaError('EVENT_MALFORMED');
  await task.appended?.(event, writer);
  return task.answer({ event, position: result.position, recordedAt: result.recordedAt });
};

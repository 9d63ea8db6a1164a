import type { StoredEvent } from '@lacuna/domain/catalogue';
import { LacunaError, type DomainEvent, type EventMetadata, type Refusal } from '@lacuna/domain/kernel';
import type { SubjectWriter } from '@lacuna/custody';
import type { NewEvent } from '@lacuna/event-store';
import { releaseTwinsClaims } from '../claims/release-twins-claims.js';
import type { Ports } from '../ports.js';
import { answerAgain } from './answer-again.js';
import { MovedOn, attempts } from './attempts.js';
import { findRequest } from './find-request.js';
import { fold, loadStream, type LoadedStream } from './load.js';
import { openEarly, openFor, type OpenedSubject, type Step } from './open-subject.js';
import { currentTarget, type Target, type Task } from './task.js';
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
  const step = { target, loaded, events: [first, ...more] } as const;
  const opened = (await early) ?? (await openFor(ports, task, step));
  return write(ports, task, { ...step, opened });
};

const loadTargets = async (
  { store }: Ports,
  targets: readonly Target[],
): Promise<ReadonlyMap<string, LoadedStream>> => {
  const names = [...new Set(targets.map(({ stream }) => stream))];
  const loaded = await Promise.all(names.map((stream) => loadStream(store, stream)));
  return new Map(loaded.map((stream) => [stream.stream, stream]));
};

const metadataOf = <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  task: Task<State, Stored, Decided, Answer>,
  target: Target,
  writer: SubjectWriter | null,
): EventMetadata => {
  const digest = task.sealing?.(target).digest ?? null;
  if (writer === null || digest === null) return task.metadata;
  return { ...task.metadata, payloadDigest: digestOf(writer, digest, task.payload) };
};

const write = async <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  ports: Ports,
  task: Task<State, Stored, Decided, Answer>,
  { target, loaded, events, opened }: Step<Decided> & Readonly<{ opened: OpenedSubject | null }>,
): Promise<Answer> => {
  const writer = opened?.writer ?? null;
  const metadata = metadataOf(task, target, writer);
  const seal = (event: Decided, index: number): NewEvent =>
    toStored(event, target.eventId(index), metadata, writer);
  const [first, ...more] = events;
  const event = seal(first, 0);
  const result = await append(ports.store, {
    stream: target.stream,
    expected: loaded.last ?? 'none',
    events: [event, ...more.map((one, index) => seal(one, index + 1))],
    now: task.now,
  });
  // Claims stay as they are, since an open one is always settled by what the log says; but those of a twin that
  // said something else are named after an event that is in the log and does not hold their values.
  if (result.kind === 'known' && opened !== null) await releaseTwinsClaims(ports, opened.request, event);
  if (result.kind !== 'appended') throw new MovedOn('REVISION_CONFLICT');
  await task.appended?.(event, writer);
  return task.answer({ event, position: result.position, recordedAt: result.recordedAt });
};

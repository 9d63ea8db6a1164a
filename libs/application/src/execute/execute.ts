import type { StoredEvent } from '@lacuna/domain/catalogue';
import {
  LacunaError,
  hasCode,
  type DomainEvent,
  type EventMetadata,
  type Refusal,
} from '@lacuna/domain/kernel';
import type { SubjectWriter } from '@lacuna/custody';
import type { NewEvent } from '@lacuna/event-store';
import { tidyClaims } from '../claims/tidy-claims.js';
import type { Ports } from '../ports.js';
import { answerAgain } from './answer-again.js';
import { MovedOn, attempts } from './attempts.js';
import { findRequest } from './find-request.js';
import { fold, loadStream, type LoadedStream } from './load.js';
import { openEarly, openFor, type OpenedSubject, type Step } from './open-subject.js';
import { currentTarget, type Target, type Targets, type Task } from './task.js';
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
  build: () => Task<State, Stored, Decided, Answer>,
): Promise<Answer> => attempts((retry) => attempt(ports, build(), retry === 0));

export const refusal = ({ code, violations }: Refusal): LacunaError =>
  new LacunaError(code, code, violations);

const attempt = async <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  ports: Ports,
  task: Task<State, Stored, Decided, Answer>,
  isFirst: boolean,
): Promise<Answer> => {
  const early = openEarly(ports, task);
  const unseen = isFirst && task.creates === true;
  const { targets, streams } = await look(ports, task, unseen);
  const found = findRequest(targets, streams);
  if (found !== null) return answerAgain(ports, task, found);

  const target = currentTarget(targets);
  const loaded = streams.get(target.stream) ?? { stream: target.stream, events: [], last: null };
  const state = fold(task.folding, loaded);
  const decision = await task.decide(state, target);
  if (decision.kind === 'refused') throw refusal(decision.refusal);
  const [first, ...more] = decision.events;
  if (first === undefined) return task.nothing(state, loaded);
  const step = { target, loaded, events: [first, ...more] } as const;
  const opened = await openFor(ports, task, step, early).catch((error: unknown) => {
    throw unseen && mayBeOwn(error) ? new MovedOn(error.code) : error;
  });
  return write(ports, task, { ...step, opened });
};

/** What custody says to a request that was there before, too: who wrote without looking looks now. */
const mayBeOwn = (error: unknown): error is LacunaError =>
  hasCode(error, 'CLAIM_TAKEN', 'SUBJECT_ERASED', 'SUBJECT_RESTRICTED');

type Seen = Readonly<{ targets: Targets; streams: ReadonlyMap<string, LoadedStream> }>;

/** The names, and the streams they lead to; of one that the request would begin, only an earlier key's unless it was met. */
const look = async <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  { store }: Ports,
  task: Task<State, Stored, Decided, Answer>,
  unseen: boolean,
): Promise<Seen> => {
  if (task.at !== undefined) {
    const [targets, loaded] = await Promise.all([task.targets(), loadStream(store, task.at.stream)]);
    return { targets, streams: new Map([[loaded.stream, loaded]]) };
  }
  const targets = await task.targets();
  const streams = (unseen ? targets.slice(0, -1) : targets).map(({ stream }) => stream);
  const loaded = await Promise.all([...new Set(streams)].map((stream) => loadStream(store, stream)));
  return { targets, streams: new Map(loaded.map((stream) => [stream.stream, stream])) };
};

const metadataOf = <State, Stored extends StoredEvent, Decided extends DomainEvent, Answer>(
  task: Task<State, Stored, Decided, Answer>,
  target: Target,
  writer: SubjectWriter | null,
): EventMetadata => {
  const digest = task.sealing?.(target.subject).digest ?? null;
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
  // On a conflict claims stay as they are: one that is left open is always settled by what the log says.
  if (result.kind === 'known' && opened !== null) await tidyClaims(ports, opened.request, event.id);
  if (result.kind !== 'appended') throw new MovedOn('REVISION_CONFLICT');
  await task.appended?.(event, writer);
  return task.answer({ event, position: result.position, recordedAt: result.recordedAt });
};

import { isDeepStrictEqual } from 'node:util';
import {
  activityCategory,
  activityDecider,
  type Activity,
  type ActivityEvent,
  type SignUpBody,
} from '@lacuna/domain/activity';
import { readDetails, type BehaviourDetails } from '@lacuna/domain/behaviour';
import { LacunaError, hasCode, isSealed, type CommandContext } from '@lacuna/domain/kernel';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { ScopedKeys, ScopedRequest } from '@lacuna/custody';
import type { RecordedEvent } from '@lacuna/event-store';
import type { RequestFrame } from '../caller.js';
import { coarseFrame } from '../behaviour/stored-behaviour.js';
import { claimsSettled } from '../claims/open-for-writing.js';
import { textOf } from '../execute/answers.js';
import { attempts, MovedOn } from '../execute/attempts.js';
import { refusal } from '../execute/execute.js';
import { contextOf } from '../execute/frame.js';
import { fold, loadStream, type LoadedStream } from '../execute/load.js';
import { sealedTrace } from '../execute/trace.js';
import { append, toStored } from '../execute/write.js';
import { namedMember } from '../member/named-member.js';
import { authoriseCollection, packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { withPrepared } from '../upkeep/prepare-subjects.process.js';
import { activityStream } from './activity-task.js';
import type { SignUp } from './activity.commands.js';

/** The field of the pack whose form a sign-up fills in. */
const SIGN_UP = 'sign-up';

type Answer = Readonly<{ participantId: string }>;
type Wanted = Readonly<{
  frame: RequestFrame;
  activityId: string;
  memberId: string;
  details: BehaviourDetails;
  /** Taken once, so that it is sealed with the event that lands, whichever attempt that is of. */
  trace: ReturnType<typeof sealedTrace>;
}>;

const detailsOf = (pack: PolicyPack, given: SignUp['data']['details']): BehaviourDetails => {
  const read = readDetails(pack.fields.get(SIGN_UP)?.form ?? new Map(), given);
  if (read.kind === 'refused') throw new LacunaError('FIELD_INVALID', 'FIELD_INVALID', read.violations);
  return read.details;
};

const isOpen = (activity: Activity, { at }: CommandContext): boolean =>
  activity.status === 'open' && at < activity.plannedEnd;

/** A key is made only for an activity that takes people in; after its end, what is there may still answer a retry. */
const keysOf = async (ports: Ports, request: ScopedRequest): Promise<ScopedKeys> => {
  const { custody } = ports;
  const open = () => claimsSettled(ports, () => custody.openScoped(request));
  try {
    return await withPrepared(ports, request.tenant, open);
  } catch (error) {
    if (hasCode(error, 'SCOPE_CLOSED', 'SCOPE_UNKNOWN')) throw new LacunaError('ACTIVITY_ENDED');
    if (hasCode(error, 'SUBJECT_UNKNOWN')) throw new LacunaError('MEMBER_NOT_FOUND');
    throw error;
  }
};

/** The request's own sign-up, answered again; `REQUEST_ID_REUSED` where it said something else then. */
const answerAgain = (recorded: RecordedEvent, keys: ScopedKeys, details: BehaviourDetails): Answer => {
  const sealed = recorded.data['details'];
  const text = isSealed(sealed) ? keys.open('details', recorded.id, sealed) : null;
  const body = text === null ? null : (JSON.parse(text) as SignUpBody);
  if (!isDeepStrictEqual(body?.details, details))
    throw new LacunaError('REQUEST_ID_REUSED', 'it was recorded with another payload');
  return { participantId: textOf(recorded.data, 'participantId') };
};

/** Under the keys of person and activity: nothing leads from one person's sign-ups to each other once either is gone. */
const namesOf = (keys: ScopedKeys, { caller, requestId }: RequestFrame) => {
  const request = JSON.stringify([caller.client, requestId]);
  return { eventId: keys.id(`event ${request}`), participantId: keys.id(`participant ${request}`) };
};

type Decided = Extract<ActivityEvent<string>, { type: 'ParticipantSignedUp' }>;

const decide = (
  { frame, activityId, details, trace }: Wanted,
  activity: Activity,
  context: CommandContext,
  named: Readonly<{ participantId: string; tag: string }>,
): Decided => {
  const { actor, processing } = context;
  const body: SignUpBody = { details, frame: { actor, at: context.at, processing, ...trace } };
  const decision = activityDecider.decide(
    { type: 'SignUp', data: { activityId, ...named, details: JSON.stringify(body) }, context },
    activity,
  );
  if (decision.kind === 'refused') throw refusal(decision.refusal);
  const [event] = decision.events;
  if (event?.type !== 'ParticipantSignedUp')
    throw new LacunaError('EVENT_MALFORMED', `a sign-up of ${frame.caller.client} left no event`);
  return event;
};

/** What stands beside the event is the same for everybody of the day; who did it, how and when is sealed with it. */
const write = async (
  ports: Ports,
  { stream, last }: LoadedStream,
  event: Decided,
  { eventId, keys, tenant }: Readonly<{ eventId: string; keys: ScopedKeys; tenant: string }>,
): Promise<void> => {
  const { at: now, metadata } = coarseFrame(packOf(ports, tenant), tenant, ports.clock.now());
  const seal = (_category: string, field: string, id: string, text: string) => keys.seal(field, id, text);
  const result = await append(ports.store, {
    stream,
    expected: last ?? 'none',
    events: [toStored(event, eventId, metadata, { seal })],
    now,
  });
  if (result.kind !== 'appended') throw new MovedOn('REVISION_CONFLICT');
  ports.confirmations.add(keys.claims);
};

/** Load -> keys of person and activity -> decide -> claim the participant's id for the person -> append. */
const attempt = async (ports: Ports, wanted: Wanted): Promise<Answer> => {
  const { frame, activityId, memberId: subject, details } = wanted;
  const { tenant } = frame.caller;
  const loaded = await loadStream(ports.store, activityStream(tenant, activityId));
  const activity = fold(activityDecider, loaded);
  if (activity.status === 'absent') throw new LacunaError('ACTIVITY_NOT_FOUND');
  const context = contextOf(ports, frame);
  const request = { tenant, subject, category: activityCategory, scope: activityId, now: context.at };
  const keys = await keysOf(ports, { ...request, mint: isOpen(activity, context) });
  const { eventId, participantId } = namesOf(keys, frame);
  const before = loaded.events.find(({ id }) => id === eventId);
  if (before !== undefined) return answerAgain(before, keys, details);
  const event = decide(wanted, activity, context, { participantId, tag: keys.tag(activityId) });
  const expected = loaded.last ?? ('none' as const);
  const participant = { id: participantId, stream: loaded.stream, expected, eventId };
  const claimed = await keysOf(ports, { ...request, mint: false, participant });
  await write(ports, loaded, event, { eventId, keys: claimed, tenant });
  return { participantId };
};

/** Twice by one member is `ALREADY_SIGNED_UP`: told by a tag that means nothing elsewhere. */
export const signUp = async (ports: Ports, { frame, data }: SignUp): Promise<Answer> => {
  const { caller, processing } = frame;
  const pack = packOf(ports, caller.tenant);
  const memberId = await namedMember(ports, caller, data.member);
  authoriseCollection(pack, { caller, action: 'sign-up', memberId }, processing, [SIGN_UP]);
  if (memberId === null) throw new LacunaError('MEMBER_NOT_FOUND');
  const details = detailsOf(pack, data.details);
  const wanted = { frame, activityId: data.activityId, memberId, details, trace: sealedTrace() };
  return attempts(() => attempt(ports, wanted));
};

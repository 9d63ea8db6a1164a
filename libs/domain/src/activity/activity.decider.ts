import {
  accept,
  nothing,
  processingViolations,
  refuse,
  type Decider,
  type Decision,
  type Sealed,
} from '../kernel/index.js';
import { textRule } from '../validators/index.js';
import type {
  ActivityCommand,
  AnnounceActivity,
  DeleteSignUps,
  EndActivity,
  SignUp,
} from './activity.commands.js';
import type { ActivityEvent } from './activity.events.js';
import { evolveActivity, initialActivity, takesPart, type Activity } from './activity.state.js';

type ActivityDecision = Decision<ActivityEvent<string>>;
type Announced = Exclude<Activity, { status: 'absent' }>;

const titleRule = textRule(200);

const whereAnnounced = (
  activity: Activity,
  decide: (activity: Announced) => ActivityDecision,
): ActivityDecision => (activity.status === 'absent' ? refuse('ACTIVITY_NOT_FOUND') : decide(activity));

/** The id comes from the request: another activity under it is the same request id used for something else. */
const announce = ({ data, context }: AnnounceActivity, activity: Activity): ActivityDecision => {
  const { activityId, title, plannedEnd } = data;
  if (activity.status !== 'absent')
    return activity.title === title && activity.plannedEnd === plannedEnd
      ? nothing()
      : refuse('REQUEST_ID_REUSED');
  const fault = titleRule('title', title);
  if (fault) return refuse('FIELD_INVALID', fault);
  if (plannedEnd <= context.at) return refuse('ACTIVITY_END_IN_PAST');
  const organiser = context.actor.id;
  return accept({ type: 'ActivityAnnounced', data: { activityId, title, organiser, plannedEnd } });
};

/** Whether it has ended goes by date, never by whether the clock has come round to say so. */
const signUp = ({ data, context }: SignUp, activity: Activity): ActivityDecision =>
  whereAnnounced(activity, ({ status, plannedEnd, tags }) => {
    if (status !== 'open' || context.at >= plannedEnd) return refuse('ACTIVITY_ENDED');
    const violations = processingViolations(context.processing); // R003, R013
    if (violations.length > 0) return refuse('FIELD_INVALID', ...violations);
    if (takesPart(tags, data.tag)) return refuse('ALREADY_SIGNED_UP');
    return accept({ type: 'ParticipantSignedUp', data });
  });

/**
 * R042: this starts the clock. It never ends later than was planned, so that a request, or a clock that comes late,
 * keeps nobody's sign-up longer. R049: by request only its own organiser ends it.
 */
const end = ({ data, context }: EndActivity, activity: Activity): ActivityDecision =>
  whereAnnounced(activity, ({ status, organiser, plannedEnd }) => {
    const { activityId, by } = data;
    if (by === 'request' && context.actor.id !== organiser) return refuse('ACTIVITY_NOT_OWN');
    if (status !== 'open') return nothing();
    if (context.at >= plannedEnd)
      return accept({ type: 'ActivityEnded', data: { activityId, endedAt: plannedEnd, by: 'clock' } });
    if (by === 'clock') return refuse('ACTIVITY_NOT_DUE');
    return accept({ type: 'ActivityEnded', data: { activityId, endedAt: context.at, by } });
  });

/** R042: who took part is kept to the midnight that ends the period, an open activity's without end. */
const deleteSignUps = ({ data }: DeleteSignUps, activity: Activity): ActivityDecision =>
  whereAnnounced(activity, ({ status }) => {
    if (status === 'deleted') return nothing();
    const { activityId, cite, keptUntil, destroyedAt } = data;
    if (status === 'open' || destroyedAt < keptUntil) return refuse('SIGN_UPS_KEPT');
    return accept({ type: 'SignUpsDeleted', data: { activityId, cite, destroyedAt } });
  });

const decide = (command: ActivityCommand, activity: Activity): ActivityDecision => {
  switch (command.type) {
    case 'AnnounceActivity':
      return announce(command, activity);
    case 'SignUp':
      return signUp(command, activity);
    case 'EndActivity':
      return end(command, activity);
    case 'DeleteSignUps':
      return deleteSignUps(command, activity);
  }
};

export const activityDecider: Decider<
  Activity,
  ActivityCommand,
  ActivityEvent<string>,
  ActivityEvent<Sealed>
> = { initialState: initialActivity, decide, evolve: evolveActivity };

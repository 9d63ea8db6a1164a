import { activityDecider, type Activity } from '@lacuna/domain/activity';
import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import { neverNothing, textOf } from '../execute/answers.js';
import { execute } from '../execute/execute.js';
import { metadataOf } from '../execute/frame.js';
import { fold, loadStream, type LoadedStream } from '../execute/load.js';
import { targetsOf } from '../execute/targets.js';
import { authorise, packOf } from '../policy/gate.js';
import type { Caller } from '../caller.js';
import type { Ports } from '../ports.js';
import { activityPlace, organisingContext, type ActivityTask } from './activity-task.js';
import type { EndActivity } from './activity.commands.js';

type Ended = Readonly<{ endedAt: Instant; position: bigint }>;

/** R049: of an activity that is not there nobody is the organiser; only whose role may end one learns that it is not. */
const assertMayEnd = (ports: Ports, caller: Caller, activity: Activity): void => {
  const isOther = activity.status !== 'absent' && activity.organiser !== caller.actorId;
  const asked = {
    caller,
    action: 'end-activity',
    memberId: null,
    activity: isOther ? 'other' : 'own',
  } as const;
  authorise(packOf(ports, caller.tenant), asked);
  if (activity.status === 'absent') throw new LacunaError('ACTIVITY_NOT_FOUND');
};

/** When it ended before, and by what. */
const endedBefore = ({ events }: LoadedStream): Ended => {
  const ended = events.find(({ type }) => type === 'ActivityEnded');
  return ended === undefined
    ? neverNothing()
    : { endedAt: textOf(ended.data, 'endedAt'), position: ended.position };
};

/** R042: from here its sign-ups have their time to go. One that has ended answers with its end. */
export const endActivity = async (ports: Ports, { frame, data }: EndActivity): Promise<Ended> => {
  const { caller, requestId } = frame;
  const { tenant, client } = caller;
  const { activityId } = data;
  const at = activityPlace(tenant, activityId);
  assertMayEnd(ports, caller, fold(activityDecider, await loadStream(ports.store, at.stream)));
  return execute(ports, (): ActivityTask<Ended> => {
    const context = organisingContext(ports, frame);
    return {
      targets: () => targetsOf(ports.custody.requestNames(tenant, client, requestId), () => at),
      at,
      folding: activityDecider,
      sealing: null,
      payload: null,
      metadata: metadataOf(ports, context),
      now: context.at,
      decide: (activity) =>
        activityDecider.decide(
          { type: 'EndActivity', data: { activityId, by: 'request' }, context },
          activity,
        ),
      answer: ({ event, position }) => ({ endedAt: textOf(event.data, 'endedAt'), position }),
      nothing: (_activity, loaded) => endedBefore(loaded),
    };
  });
};

import { activityDecider } from '@lacuna/domain/activity';
import { LacunaError } from '@lacuna/domain/kernel';
import { neverNothing, textOf } from '../execute/answers.js';
import { execute } from '../execute/execute.js';
import { metadataOf } from '../execute/frame.js';
import { targetsOf } from '../execute/targets.js';
import type { Done } from '../execute/task.js';
import { authorise, packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { activityPlace, organisingContext, type ActivityTask } from './activity-task.js';
import type { AnnounceActivity } from './activity.commands.js';

type Announced = Readonly<{ activityId: string; position: bigint }>;

/** Nothing of it is personal, so that a retry is compared by what stands in the log. */
const answerTo =
  ({ title, plannedEnd }: AnnounceActivity['data']) =>
  ({ event, position }: Done): Announced => {
    if (event.data['title'] !== title || event.data['plannedEnd'] !== plannedEnd)
      throw new LacunaError('REQUEST_ID_REUSED', 'it was recorded with another payload');
    return { activityId: textOf(event.data, 'activityId'), position };
  };

/** Whoever announces it is its organiser (R049). */
export const announceActivity = async (
  ports: Ports,
  { frame, data }: AnnounceActivity,
): Promise<Announced> => {
  const { caller, requestId } = frame;
  const { tenant, client } = caller;
  authorise(packOf(ports, tenant), { caller, action: 'announce-activity', memberId: null });
  return execute(ports, (): ActivityTask<Announced> => {
    const context = organisingContext(ports, frame);
    return {
      targets: () =>
        targetsOf(ports.custody.requestNames(tenant, client, requestId), (one) =>
          activityPlace(tenant, one.id('activity')),
        ),
      creates: true,
      folding: activityDecider,
      sealing: null,
      payload: null,
      metadata: metadataOf(ports, context),
      now: context.at,
      decide: (activity, { id }) =>
        activityDecider.decide(
          { type: 'AnnounceActivity', data: { activityId: id('activity'), ...data }, context },
          activity,
        ),
      answer: answerTo(data),
      nothing: neverNothing,
    };
  });
};

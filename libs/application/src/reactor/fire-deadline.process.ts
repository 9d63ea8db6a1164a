import { createHash } from 'node:crypto';
import { memberDecider, type MemberCommand } from '@lacuna/domain/member';
import { deleteSignUps, endByClock } from '../activity/delete-sign-ups.process.js';
import { systemStep } from '../execute/system-step.js';
import { eraseIdentity } from '../identity/erase-identity.process.js';
import { memberStream } from '../member/member-task.js';
import type { Ports } from '../ports.js';
import type { DueDeadline } from './due.js';

/** The digest of the deadline and its due time: fired twice, it is the same request. */
const requestIdOf = ({ tenant, deadlineId, dueAt }: DueDeadline): string =>
  createHash('sha256')
    .update(JSON.stringify([tenant, deadlineId, dueAt]))
    .digest('hex');

const markOverdue = (ports: Ports, deadline: DueDeadline): Promise<boolean> => {
  const { tenant, subjectId: memberId, correctionId, dueAt } = deadline;
  return systemStep(ports, {
    tenant,
    stream: memberStream(tenant, memberId),
    requestId: requestIdOf(deadline),
    decider: memberDecider,
    command: (context): MemberCommand => ({
      type: 'MarkCorrectionOverdue',
      data: { memberId, correctionId: correctionId ?? '', dueAt },
      context,
    }),
  });
};

/** What happens by itself when a time has passed. False: the fact already held. */
export const fireDeadline = (ports: Ports, deadline: DueDeadline): Promise<boolean> => {
  switch (deadline.kind) {
    case 'correction':
      return markOverdue(ports, deadline);
    case 'identity-retention': {
      const { tenant, subjectId: identityId, dueAt: keptUntil } = deadline;
      return eraseIdentity(ports, { tenant, identityId, keptUntil });
    }
    case 'activity-end': {
      const { tenant, subjectId: activityId } = deadline;
      return endByClock(ports, { tenant, activityId }, requestIdOf(deadline));
    }
    case 'activity-retention': {
      const { tenant, subjectId: activityId, dueAt: keptUntil } = deadline;
      return deleteSignUps(ports, { tenant, activityId }, keptUntil);
    }
  }
};

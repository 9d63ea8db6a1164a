import type { Activity, ActivityEvent } from '@lacuna/domain/activity';
import { LacunaError, streamId, type CommandContext, type Sealed } from '@lacuna/domain/kernel';
import type { RequestFrame } from '../caller.js';
import { contextOf } from '../execute/frame.js';
import type { Task } from '../execute/task.js';
import type { Ports } from '../ports.js';

export type ActivityTask<Answer> = Task<Activity, ActivityEvent<Sealed>, ActivityEvent<string>, Answer>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A name that can be no activity's is nobody's. */
export const activityStream = (tenant: string, activityId: string): string => {
  if (!UUID.test(activityId)) throw new LacunaError('ACTIVITY_NOT_FOUND');
  return streamId(tenant, 'activity', activityId);
};

export const activityPlace = (tenant: string, activityId: string) => {
  const stream = activityStream(tenant, activityId);
  return { stream, subject: stream };
};

/** Who organises acts by their own name, also one who is a member: it says whose the activity is (R049). */
export const organisingContext = (ports: Ports, frame: RequestFrame): CommandContext => {
  const { actorId: id, role } = frame.caller;
  return { ...contextOf(ports, frame), actor: { id, role } };
};

import type { Instant, Sealed } from '../kernel/index.js';
import type { ActivityEvent } from './activity.events.js';

/** Who takes part, the last one first: a list that grows at its head, since a roster can be long. */
export type Tags = Readonly<{ tag: string; before: Tags }> | null;

export type Activity =
  | Readonly<{ status: 'absent' }>
  | Readonly<{
      status: 'open' | 'ended' | 'deleted';
      title: string;
      organiser: string;
      plannedEnd: Instant;
      /** Null while it is open. */
      endedAt: Instant | null;
      tags: Tags;
    }>;

export const initialActivity: Activity = { status: 'absent' };

export const takesPart = (tags: Tags, tag: string): boolean => {
  for (let one = tags; one !== null; one = one.before) if (one.tag === tag) return true;
  return false;
};

/** Folds what is in the log. Whose a tag is cannot be seen here, nor what was said with a sign-up. */
export const evolveActivity = (activity: Activity, event: ActivityEvent<Sealed>): Activity => {
  if (event.type === 'ActivityAnnounced') {
    const { title, organiser, plannedEnd } = event.data;
    return { status: 'open', title, organiser, plannedEnd, endedAt: null, tags: null };
  }
  if (activity.status === 'absent') return activity;
  switch (event.type) {
    case 'ParticipantSignedUp':
      return { ...activity, tags: { tag: event.data.tag, before: activity.tags } };
    case 'ActivityEnded':
      return { ...activity, status: 'ended', endedAt: event.data.endedAt };
    case 'SignUpsDeleted':
      return { ...activity, status: 'deleted', tags: null };
    case 'ClaimAbandoned':
      return activity;
  }
};

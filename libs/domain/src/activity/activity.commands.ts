import type { Command, Instant } from '../kernel/index.js';

/** Whoever announces it is its organiser (R049). */
export type AnnounceActivity = Command<
  'AnnounceActivity',
  { activityId: string; title: string; plannedEnd: Instant }
>;

/** `tag`: of the person in this activity alone; `details`: what the pack's form asks for, as JSON text. */
export type SignUp = Command<
  'SignUp',
  { activityId: string; participantId: string; tag: string; details?: string }
>;

/** `by`: the clock, when its planned end has come, or a request of its organiser before. */
export type EndActivity = Command<'EndActivity', { activityId: string; by: 'clock' | 'request' }>;

/** `keptUntil`: the midnight that ends its record, from the end and the pack. `destroyedAt`: when custody destroyed the keys. */
export type DeleteSignUps = Command<
  'DeleteSignUps',
  { activityId: string; cite: string; keptUntil: Instant; destroyedAt: Instant }
>;

export type ActivityCommand = AnnounceActivity | SignUp | EndActivity | DeleteSignUps;

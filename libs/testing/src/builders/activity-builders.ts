import type {
  ActivityAnnounced,
  ActivityEnded,
  AnnounceActivity,
  DeleteSignUps,
  EndActivity,
  ParticipantSignedUp,
  SignUp,
  SignUpsDeleted,
} from '@lacuna/domain/activity';
import { commandBuilder, eventBuilder, id, instantOf } from './message-builder.js';

const activityId = id(6);
const participantId = id(7);
/** Announced on 1 July, over on 30 August at 18:00. */
const plannedEnd = instantOf('1998-08-30T18:00+08:00');
/** The midnight that ends three months after it. */
const keptUntil = instantOf('1998-12-01T00:00+08:00');
const cite = 'R042 000§3.2';

/** As a keyed digest looks; `tagOf(2)` is another person's. */
export const tagOf = (n: number): string => String(n).padStart(22, 'T');

export const announceActivity = commandBuilder<AnnounceActivity>('AnnounceActivity', {
  activityId,
  title: '夏季自驾',
  plannedEnd,
});
export const signUp = commandBuilder<SignUp>('SignUp', { activityId, participantId, tag: tagOf(1) });
export const endActivity = commandBuilder<EndActivity>('EndActivity', { activityId, by: 'request' });
export const deleteSignUps = commandBuilder<DeleteSignUps>('DeleteSignUps', {
  activityId,
  cite,
  keptUntil,
  destroyedAt: keptUntil,
});

export const activityAnnounced = eventBuilder<ActivityAnnounced>('ActivityAnnounced', {
  activityId,
  title: '夏季自驾',
  organiser: 'agent-1',
  plannedEnd,
});
export const participantSignedUp = eventBuilder<ParticipantSignedUp<string>>('ParticipantSignedUp', {
  activityId,
  participantId,
  tag: tagOf(1),
});
export const activityEnded = eventBuilder<ActivityEnded>('ActivityEnded', {
  activityId,
  endedAt: plannedEnd,
  by: 'clock',
});
export const signUpsDeleted = eventBuilder<SignUpsDeleted>('SignUpsDeleted', {
  activityId,
  cite,
  destroyedAt: keptUntil,
});

import {
  activityAnnounced,
  activityEnded,
  id,
  memberErased,
  participantSignedUp,
  projectionSpec,
  sealedAs,
  signUpsDeleted,
} from '@lacuna/testing';
import { activities } from './activities.projection.js';

const { given } = projectionSpec(activities);
const activityId = id(6);
const announced = { activityId, organiser: 'agent-1', state: 'announced', endedAt: null };

describe('activities', () => {
  it('holds an activity from its announcement on', () =>
    given()
      .when(activityAnnounced(), { numberOfTimes: 2 })
      .then([{ ...announced, plannedEnd: '1998-08-30T10:00:00.000Z' }]));

  it('R049 holds who takes part by a random id, the details sealed, and not in which order', () => {
    given(activityAnnounced(), participantSignedUp({ participantId: id(9), details: '带家人' }))
      .when(participantSignedUp(), { numberOfTimes: 2 })
      .then([
        announced,
        { activityId, participantId: id(7), details: null },
        { activityId, participantId: id(9), details: sealedAs('带家人') },
      ]);
  });

  it('keeps the roster when the activity ends: its time only begins', () =>
    given(activityAnnounced(), participantSignedUp())
      .when(activityEnded({ endedAt: '1998-08-01T02:00:00.000Z' }), { numberOfTimes: 2 })
      .then([{ state: 'ended', endedAt: '1998-08-01T02:00:00.000Z' }, { participantId: id(7) }]));

  it('R042 has nobody of an activity left when its sign-ups are deleted; another one’s stay', () =>
    given(
      activityAnnounced(),
      participantSignedUp(),
      participantSignedUp({ participantId: id(8) }),
      participantSignedUp({ activityId: id(60), participantId: id(9) }),
      activityEnded(),
    )
      .when(signUpsDeleted(), { numberOfTimes: 2 })
      .then([
        { activityId, state: 'closed', endedAt: '1998-08-30T10:00:00.000Z' },
        { activityId: id(60), participantId: id(9) },
      ]));

  it('R077 needs nothing when a member is erased: custody forgets whose the id was', () =>
    given(activityAnnounced(), participantSignedUp())
      .when(memberErased())
      .then([announced, { participantId: id(7) }]));

  it('parks the end of an activity that nobody announced', () =>
    given().when(activityEnded()).thenParked('ROW_MISSING'));
});

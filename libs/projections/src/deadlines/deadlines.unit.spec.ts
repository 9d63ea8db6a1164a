import {
  activityAnnounced,
  activityEnded,
  correctionOverdue,
  correctionRequested,
  erasureRequested,
  id,
  identityErased,
  infoCorrected,
  memberErased,
  participantSignedUp,
  projectionSpec,
  realNameVerified,
  registered,
  signUpsDeleted,
} from '@lacuna/testing';
import { deadlines } from './deadlines.projection.js';

const { given } = projectionSpec(deadlines);
const asked = { ...correctionRequested(), recordedAt: '1998-07-01T09:00+08:00' };

describe('deadlines', () => {
  it('R072 opens a deadline with its anchor and the rule of the pack, not with a due time', () =>
    given(registered())
      .when(asked, { numberOfTimes: 2 })
      .then([
        {
          tenant: 'car-club',
          deadlineId: `correction:${id(2)}`,
          subjectId: id(1),
          kind: 'correction',
          anchor: '1998-07-01T01:00:00.000Z',
          rule: 'correction',
          state: 'open',
          correctionId: id(2),
        },
      ]));

  it('R072 is done when the correction is made', () =>
    given(registered(), asked)
      .when({ ...infoCorrected(), recordedAt: '1998-07-01T10:00+08:00' }, { numberOfTimes: 2 })
      .then([{ state: 'done', missedAt: null, settledAt: '1998-07-01T02:00:00.000Z' }]));

  it('R072 is missed when its time has passed, and says so after it was done late', () => {
    const { when } = given(registered(), asked);
    when(correctionOverdue(), { numberOfTimes: 2 }).then([
      { state: 'missed', missedAt: '1998-07-02T01:00:00.000Z' },
    ]);
    given(registered(), asked, correctionOverdue())
      .when(infoCorrected())
      .then([{ state: 'done', missedAt: '1998-07-02T01:00:00.000Z' }]);
  });

  it('R077 cancels the open corrections of an erased member, no others', () =>
    given(
      registered(),
      asked,
      { ...correctionRequested({ correctionId: id(20) }) },
      infoCorrected({ correctionId: id(20) }),
      { ...correctionRequested({ memberId: id(5), correctionId: id(50) }) },
      erasureRequested(),
    )
      .when(memberErased(), { numberOfTimes: 2 })
      .then([
        { deadlineId: `correction:${id(2)}`, state: 'cancelled' },
        { deadlineId: `correction:${id(20)}`, state: 'done' },
        { deadlineId: `correction:${id(50)}`, state: 'open' },
      ]));

  it('R078 keeps the end of an identity record by its category, naming no member', () => {
    const record = { subjectId: id(4), kind: 'identity-retention', rule: 'real-name', correctionId: null };
    given()
      .when(realNameVerified())
      .then([{ ...record, state: 'open' }]);
    given(realNameVerified())
      .when(identityErased(), { numberOfTimes: 2 })
      .then([{ ...record, state: 'done' }]);
  });

  it('R042 waits for the end of an activity from its announcement on, by the end that was planned', () => {
    const plannedEnd = '1998-08-30T10:00:00.000Z';
    const end = { subjectId: id(6), kind: 'activity-end', anchor: plannedEnd, rule: 'activity' };
    given()
      .when(activityAnnounced(), { numberOfTimes: 2 })
      .then([{ ...end, state: 'open' }]);
    given(activityAnnounced())
      .when(participantSignedUp())
      .then([{ ...end, state: 'open' }]);
  });

  it('R042 keeps the sign-ups from the end that was, not from the planned one nor from a sign-up', () => {
    const endedAt = '1998-08-01T02:00:00.000Z';
    const history = [activityAnnounced(), participantSignedUp()];
    const retention = { subjectId: id(6), kind: 'activity-retention', anchor: endedAt, rule: 'activity' };
    given(...history)
      .when(activityEnded({ endedAt, by: 'request' }), { numberOfTimes: 2 })
      .then([
        { kind: 'activity-end', state: 'done' },
        { ...retention, state: 'open' },
      ]);
    given(...history, activityEnded({ endedAt }))
      .when(signUpsDeleted(), { numberOfTimes: 2 })
      .then([
        { kind: 'activity-end', state: 'done' },
        { ...retention, state: 'done' },
      ]);
  });

  it('parks what settles a deadline that was never begun', () =>
    given(registered()).when(infoCorrected()).thenParked('ROW_MISSING'));
});

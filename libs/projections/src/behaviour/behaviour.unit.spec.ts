import {
  behaviourDayAnonymised,
  behaviourRecorded,
  erasureRequested,
  memberErased,
  projectionSpec,
  registered,
  sealedAs,
} from '@lacuna/testing';
import { behaviour } from './behaviour.projection.js';

const { given } = projectionSpec(behaviour);
const day = '1998-01-02';
const recorded = (body: string, on = day) => behaviourRecorded({ day: on, body, copy: 'the night’s' });
const closed = { tenant: 'car-club', day };

describe('behaviour', () => {
  it('holds what was recorded as it was sealed, by day and stream, and nothing of its copy for the night', () => {
    given()
      .when(recorded('bought'), { numberOfTimes: 2 })
      .then([
        {
          tenant: 'car-club',
          day,
          stream: 'car-club.behaviour-derived-0',
          body: sealedAs('bought'),
          position: 1n,
        },
      ]);
    const row = { eventId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown };
    given().when(recorded('bought')).then([row]);
  });

  it('R041 loses a day whole when it is anonymised; other days and other tenants stay', () =>
    given(recorded('one'), recorded('two'), recorded('later', '1998-01-03'), {
      ...recorded('elsewhere'),
      tenant: 'other-club',
    })
      .when(behaviourDayAnonymised({ day }), { numberOfTimes: 2 })
      .then([{ day: '1998-01-03' }, { tenant: 'other-club', day }, closed]));

  it('R041 drops what follows the end of its day in the log, in silence', () => {
    given(behaviourDayAnonymised({ day })).when(recorded('late'), { numberOfTimes: 2 }).then([closed]);
    given(recorded('one'), behaviourDayAnonymised({ day }), recorded('late'))
      .when(behaviourDayAnonymised({ day }))
      .then([closed]);
    given(behaviourDayAnonymised({ day }))
      .when(recorded('next', '1998-01-03'))
      .then([{ day: '1998-01-03' }, closed]);
  });

  it('is not moved by the end of a day of another category', () =>
    given(recorded('one'))
      .when(behaviourDayAnonymised({ day, category: 'complaints' }))
      .then([{ body: sealedAs('one') }]));

  it('R077 leaves an erased member’s records sealed and dead until their day goes', () =>
    given(registered(), recorded('one'), erasureRequested())
      .when(memberErased())
      .then([{ body: sealedAs('one') }]));
});

import {
  behaviourCounted,
  behaviourDayAnonymised,
  behaviourRecorded,
  memberErased,
  nightCounted,
  projectionSpec,
} from '@lacuna/testing';
import { statistics } from './statistics.projection.js';

const { given } = projectionSpec(statistics);

describe('statistics', () => {
  it('R046 folds a cell that a night counted, once', () =>
    given()
      .when(behaviourCounted({ units: -3, sum: 0 }), { numberOfTimes: 2 })
      .then([
        {
          tenant: 'car-club',
          night: '1998-07-01',
          level: 'day',
          period: '1998-03-04',
          kind: 'purchase',
          people: 7n,
          count: 9n,
          units: -3n,
          sum: 0n,
        },
      ]));

  it('says of a night that it is counted, and whether something waits for the next one', () =>
    given(nightCounted())
      .when(nightCounted({ night: '1998-07-02', rows: 3, cells: 0, remainder: true }), { numberOfTimes: 2 })
      .then([
        { night: '1998-07-01', rows: 9n, cells: 1n, remainder: 0n },
        { night: '1998-07-02', rows: 3n, cells: 0n, remainder: 1n },
      ]));

  it('R046 is moved by no single record, no expiry and no erasure', () => {
    for (const line of [behaviourRecorded(), behaviourDayAnonymised(), memberErased()])
      given(behaviourCounted())
        .when(line)
        .then([{ count: 9n }]);
  });
});

import { daysInside, monthsInside } from './statistics-range.js';

describe('the range of a report', () => {
  it.each([
    [{}, { from: null, to: null }, { from: null, to: null }],
    [{ since: '1998-02' }, { from: '1998-02-01', to: null }, { from: '1998-02', to: null }],
    [{ since: '1998-02-02' }, { from: '1998-02-02', to: null }, { from: '1998-03', to: null }],
    [{ since: '1998-12-02' }, { from: '1998-12-02', to: null }, { from: '1999-01', to: null }],
    [{ through: '1998-02' }, { from: null, to: '1998-02-28' }, { from: null, to: '1998-02' }],
    [{ through: '2000-02-28' }, { from: null, to: '2000-02-28' }, { from: null, to: '2000-01' }],
    [{ through: '2000-02-29' }, { from: null, to: '2000-02-29' }, { from: null, to: '2000-02' }],
    [{ through: '1998-01-30' }, { from: null, to: '1998-01-30' }, { from: null, to: '1997-12' }],
    [
      { since: '1998-03-10', through: '1998-03-20' },
      { from: '1998-03-10', to: '1998-03-20' },
      { from: '1998-04', to: '1998-02' },
    ],
  ])('%j holds its days, and the months that lie in it whole', (range, days, months) => {
    expect(daysInside(range)).toEqual(days);
    expect(monthsInside(range)).toEqual(months);
  });
});

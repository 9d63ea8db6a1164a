import { hasCode } from '@lacuna/domain/kernel';
import { targetOf } from './walk.js';

const START = '1998-06-30T16:00:00.000Z'; // 1 July, 00:00 in Shanghai

describe('where a duration leads', () => {
  it.each([
    ['PT25H', 'Asia/Shanghai', '1998-07-01T17:00:00.000Z'],
    ['P7M', 'Asia/Shanghai', '1999-01-31T16:00:00.000Z'],
    ['P1D', 'Asia/Shanghai', '1998-07-01T16:00:00.000Z'],
    ['P4M', 'Europe/Berlin', '1998-10-30T17:00:00.000Z'], // summer time ends on 25 October
    ['PT0S', 'UTC', START],
  ])('%s in %s', (by, zone, target) => {
    expect(targetOf(START, by, zone)).toBe(target);
  });

  it.each(['', 'tomorrow', '-P1D', 'P1X', '25H'])('refuses %p', (by) => {
    const refused = (): string => {
      try {
        return targetOf(START, by, 'UTC');
      } catch (error) {
        return hasCode(error, 'DURATION_INVALID') ? 'refused' : 'failed';
      }
    };
    expect(refused()).toBe('refused');
  });
});

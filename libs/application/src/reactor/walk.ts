import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import { Temporal } from 'temporal-polyfill';

/** Where a duration from now leads, in a zone's calendar: a month is a month, a day may have 23 hours. */
export const targetOf = (now: Instant, by: string, zone: string): Instant => {
  try {
    const duration = Temporal.Duration.from(by);
    if (duration.sign < 0) throw new RangeError('backwards');
    const target = Temporal.Instant.from(now).toZonedDateTimeISO(zone).add(duration);
    return target.toInstant().toString({ smallestUnit: 'millisecond' });
  } catch (cause) {
    throw new LacunaError(
      'DURATION_INVALID',
      'the clock moves on by an ISO 8601 duration, PT25H or P7M',
      [{ field: 'by', rule: 'duration' }],
      { cause },
    );
  }
};

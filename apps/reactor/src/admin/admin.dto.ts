import { Matches } from 'class-validator';

// ISO 8601; which units make sense together, the clock knows.
const DURATION_FORM = /^P(?=[\dT])[\dYMWDTHS.,]{1,40}$/;

export class AdvanceClockDto {
  @Matches(DURATION_FORM, { message: 'duration' })
  readonly by!: string;
}

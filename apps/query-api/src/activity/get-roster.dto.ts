import { Matches, MaxLength } from 'class-validator';

/** A purpose may be missing here: that is a denied read, and recorded as one (R051). */
export class GetRosterDto {
  @Matches(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { message: 'uuid' })
  readonly activityId!: string;

  @MaxLength(64, { message: 'too-long' })
  readonly purpose!: string;
}

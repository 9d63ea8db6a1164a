import { IsIn, Length } from 'class-validator';
import type { MemberName } from '@lacuna/application';

/** Whose it is: an id, or the caller's own number for the member. */
export class MemberNameDto {
  @IsIn(['memberId', 'customerNumber'], { message: 'required' })
  readonly $case!: 'memberId' | 'customerNumber';

  @Length(1, 64, { message: 'length' })
  readonly value!: string;
}

/** Without a name it is the member whose own id is in the token. */
export const memberNameOf = (
  member: Readonly<{ $case: 'memberId' | 'customerNumber'; value: string }> | undefined,
): MemberName => (member === undefined ? {} : { [member.$case]: member.value });

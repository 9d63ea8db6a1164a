import { Type } from 'class-transformer';
import { IsArray, IsDefined, IsIn, Length, Matches, MaxLength, ValidateNested } from 'class-validator';
import { HasForm, instantOf, isEmptyOr, positionOf } from '@lacuna/contracts';

class MemberKeyDto {
  @IsIn(['memberId', 'mobile', 'customerNumber'], { message: 'required' })
  readonly $case!: 'memberId' | 'mobile' | 'customerNumber';

  @Length(1, 64, { message: 'length' })
  readonly value!: string;
}

/** A purpose may be missing here: that is a denied read, and recorded as one (R051). */
export class GetMemberDto {
  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => MemberKeyDto)
  readonly by!: MemberKeyDto;

  @MaxLength(64, { message: 'too-long' })
  readonly purpose!: string;

  @IsArray({ message: 'list' })
  @Matches(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, { each: true, message: 'name' })
  readonly fields!: readonly string[];

  @HasForm('instant-or-position', isEmptyOr((text) => positionOf(text) ?? instantOf(text)))
  readonly asOf!: string;

  @HasForm('position', isEmptyOr(positionOf))
  readonly minPosition!: string;
}

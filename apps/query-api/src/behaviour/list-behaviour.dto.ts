import { Type } from 'class-transformer';
import { IsArray, IsDefined, IsIn, Length, Matches, MaxLength, ValidateNested } from 'class-validator';
import { dateOf, HasForm, isEmptyOr } from '@lacuna/contracts';

class BehaviourOwnerDto {
  @IsIn(['memberId', 'customerNumber'], { message: 'required' })
  readonly $case!: 'memberId' | 'customerNumber';

  @Length(1, 64, { message: 'length' })
  readonly value!: string;
}

/** A purpose may be missing here: that is a denied read, and recorded as one (R051). */
export class ListBehaviourDto {
  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => BehaviourOwnerDto)
  readonly by!: BehaviourOwnerDto;

  @MaxLength(64, { message: 'too-long' })
  readonly purpose!: string;

  @IsArray({ message: 'list' })
  @Matches(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, { each: true, message: 'name' })
  readonly kinds!: readonly string[];

  @HasForm('date', isEmptyOr(dateOf))
  readonly fromDay!: string;

  @HasForm('date', isEmptyOr(dateOf))
  readonly toDay!: string;
}

import { Type } from 'class-transformer';
import { IsDefined, IsOptional, Length, Matches, ValidateIf, ValidateNested } from 'class-validator';
import { AreDetails } from '../edge/details.decorator.js';
import { FramedDto, NAME_FORM, UUID_FORM } from '../edge/frame.dto.js';
import { MemberNameDto } from '../edge/member-name.dto.js';

/** One thing that a member did. When it may have been, and what its kind asks for, the domain knows. */
export class BehaviourDto {
  @IsOptional()
  @ValidateNested({ message: 'required' })
  @Type(() => MemberNameDto)
  readonly member?: MemberNameDto;

  @Matches(NAME_FORM, { message: 'required' })
  readonly kind!: string;

  @Length(1, 40, { message: 'required' })
  readonly occurred!: string;

  @AreDetails()
  readonly details!: Readonly<Record<string, string>>;
}

export class RecordBehaviourDto extends FramedDto {
  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => BehaviourDto)
  readonly behaviour!: BehaviourDto;
}

// `<day>.<uuid>`, as it was given in an answer.
const HANDLE_FORM = /^\d{4}-\d\d-\d\d\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class CorrectBehaviourDto extends FramedDto {
  @ValidateIf(({ memberId }: CorrectBehaviourDto) => memberId !== '')
  @Matches(UUID_FORM, { message: 'uuid' })
  readonly memberId!: string;

  @Matches(HANDLE_FORM, { message: 'behaviour-id' })
  readonly behaviourId!: string;

  @AreDetails()
  readonly details!: Readonly<Record<string, string>>;
}

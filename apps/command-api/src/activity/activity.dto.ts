import { Type } from 'class-transformer';
import { IsOptional, Length, Matches, ValidateNested } from 'class-validator';
import { HasForm, instantOf } from '@lacuna/contracts';
import { AreDetails } from '../edge/details.decorator.js';
import { FramedDto, UUID_FORM } from '../edge/frame.dto.js';
import { MemberNameDto } from '../edge/member-name.dto.js';

export class AnnounceActivityDto extends FramedDto {
  @Length(1, 500, { message: 'length' })
  readonly title!: string;

  @HasForm('instant', (text) => typeof text === 'string' && instantOf(text) !== null)
  readonly plannedEnd!: string;
}

export class SignUpDto extends FramedDto {
  @Matches(UUID_FORM, { message: 'uuid' })
  readonly activityId!: string;

  @IsOptional()
  @ValidateNested({ message: 'required' })
  @Type(() => MemberNameDto)
  readonly member?: MemberNameDto;

  @AreDetails()
  readonly details!: Readonly<Record<string, string>>;
}

export class EndActivityDto extends FramedDto {
  @Matches(UUID_FORM, { message: 'uuid' })
  readonly activityId!: string;
}

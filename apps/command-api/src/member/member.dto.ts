import { Type } from 'class-transformer';
import { IsDefined, IsOptional, Matches, ValidateIf, ValidateNested } from 'class-validator';
import { FramedDto, UUID_FORM } from '../edge/frame.dto.js';
import { IsIdNumber, IsMemberField, IsPersonName } from './member-field.decorator.js';

/** A member's basic information, as it came in; an absent field was not provided (R010). */
export class MemberInfoDto {
  @IsOptional()
  @IsMemberField('name')
  readonly name?: string;

  @IsOptional()
  @IsMemberField('mobile')
  readonly mobile?: string;

  @IsOptional()
  @IsMemberField('memberLevel')
  readonly memberLevel?: string;

  @IsOptional()
  @IsMemberField('vehicleMake')
  readonly vehicleMake?: string;

  @IsOptional()
  @IsMemberField('vehicleModel')
  readonly vehicleModel?: string;

  @IsOptional()
  @IsMemberField('plate')
  readonly plate?: string;

  @IsOptional()
  @IsMemberField('vin')
  readonly vin?: string;

  @IsOptional()
  @IsMemberField('joinedOn')
  readonly joinedOn?: string;

  @IsOptional()
  @IsMemberField('customerNumber')
  readonly customerNumber?: string;
}

export class RegisterMemberDto extends FramedDto {
  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => MemberInfoDto)
  readonly info!: MemberInfoDto;
}

export class VerifyRealNameDto extends FramedDto {
  @Matches(UUID_FORM, { message: 'uuid' })
  readonly memberId!: string;

  @IsPersonName()
  readonly name!: string;

  @IsIdNumber()
  readonly idNumber!: string;
}

/** A command about a member whose id may be left to the token. */
export abstract class AboutMemberDto extends FramedDto {
  @ValidateIf(({ memberId }: AboutMemberDto) => memberId !== '')
  @Matches(UUID_FORM, { message: 'uuid' })
  readonly memberId!: string;
}

export class RequestCorrectionDto extends AboutMemberDto {
  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => MemberInfoDto)
  readonly changes!: MemberInfoDto;
}

export class ApplyCorrectionDto extends FramedDto {
  @Matches(UUID_FORM, { message: 'uuid' })
  readonly memberId!: string;

  @Matches(UUID_FORM, { message: 'uuid' })
  readonly correctionId!: string;
}

import { Matches, ValidateIf } from 'class-validator';
import { NAME_FORM, UUID_FORM } from '../edge/frame.dto.js';
import { AboutMemberDto } from '../member/member.dto.js';

/** A question about a member whose id may be left to the token. */
export class AboutErasureDto {
  @ValidateIf(({ memberId }: AboutErasureDto) => memberId !== '')
  @Matches(UUID_FORM, { message: 'uuid' })
  readonly memberId!: string;
}

export class RequestErasureDto extends AboutMemberDto {
  @Matches(NAME_FORM, { message: 'required' })
  readonly reason!: string;

  @Matches(NAME_FORM, { each: true, message: 'name' })
  readonly categories!: readonly string[];
}

import { IsIn, Matches, Max, Min, ValidateIf } from 'class-validator';
import { HasForm, instantOf, isEmptyOr, limits } from '@lacuna/contracts';

const UUID_FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class ListAuditTrailDto {
  @ValidateIf(({ memberId }: ListAuditTrailDto) => memberId !== '')
  @Matches(UUID_FORM, { message: 'uuid' })
  readonly memberId!: string;

  @HasForm('instant', isEmptyOr(instantOf))
  readonly from!: string;

  @HasForm('instant', isEmptyOr(instantOf))
  readonly to!: string;

  @Min(0, { message: 'page-size' })
  @Max(limits.maxPageSize, { message: 'page-size' })
  readonly pageSize!: number;

  @Matches(/^[\w.-]{0,64}$/, { message: 'page-token' })
  readonly pageToken!: string;

  @IsIn(['', 'zh', 'en'], { message: 'language' })
  readonly language!: '' | 'zh' | 'en';
}

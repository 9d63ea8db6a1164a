import { Type } from 'class-transformer';
import { IsDefined, Matches, ValidateNested } from 'class-validator';
import { NAME_FORM } from '../edge/frame.dto.js';

// int64 is a decimal string in the generated types; a file has fewer bytes than a double has whole numbers.
export const COUNT_FORM = /^\d{1,15}$/;

export class CompletedImportDto {
  @Matches(NAME_FORM, { message: 'required' })
  readonly kind!: string;

  @Matches(COUNT_FORM, { message: 'whole-number' })
  readonly length!: string;

  @Matches(/^[0-9a-f]{64}$/, { message: 'sha256' })
  readonly sha256!: string;

  @Matches(COUNT_FORM, { message: 'whole-number' })
  readonly rows!: string;
}

export class CompleteImportDto {
  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => CompletedImportDto)
  readonly import!: CompletedImportDto;
}

export class ListCompletedImportsDto {
  @Matches(NAME_FORM, { message: 'required' })
  readonly kind!: string;
}

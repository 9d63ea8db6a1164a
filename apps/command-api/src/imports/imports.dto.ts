import { Type } from 'class-transformer';
import { IsDefined, Matches, ValidateNested } from 'class-validator';

/** A word of a pack behind a prefix, as the name of a stream and of an event's field takes it. */
const KIND_FORM = /^[A-Za-z][A-Za-z0-9-]{0,62}$/;

// int64 is a decimal string in the generated types; a file has fewer bytes than a double has whole numbers.
export const COUNT_FORM = /^\d{1,15}$/;

/** Rows, and lines, of one file: custody counts them in 32 bits. */
export const ROW_FORM = /^\d{1,9}$/;

export class CompletedImportDto {
  @Matches(KIND_FORM, { message: 'required' })
  readonly kind!: string;

  @Matches(COUNT_FORM, { message: 'whole-number' })
  readonly length!: string;

  @Matches(/^[0-9a-f]{64}$/, { message: 'sha256' })
  readonly sha256!: string;

  @Matches(ROW_FORM, { message: 'whole-number' })
  readonly rows!: string;
}

export class CompleteImportDto {
  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => CompletedImportDto)
  readonly import!: CompletedImportDto;
}

export class ListCompletedImportsDto {
  @Matches(KIND_FORM, { message: 'required' })
  readonly kind!: string;
}

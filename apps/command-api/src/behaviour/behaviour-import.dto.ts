import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsDefined, Matches, ValidateNested } from 'class-validator';
import { limits, type behaviourV1 } from '@lacuna/contracts';
import { AsItCame } from '../edge/as-it-came.decorator.js';
import { ProcessingDto, UUID_FORM } from '../edge/frame.dto.js';
import { COUNT_FORM, CompletedImportDto, ROW_FORM } from '../imports/imports.dto.js';

/** Words of a rule or a field, no sentences: a value of a row has no place in a reject. */
const REJECT_WORD_FORM = /^[A-Za-z][\w.-]{0,63}$/;

export class BeginImportDto extends CompletedImportDto {
  @Matches(ROW_FORM, { message: 'whole-number' })
  readonly rejectsAfter!: string;
}

/** A row as `ImportChunkPipe` has checked it. */
export type ImportedRow = behaviourV1.ImportedRow & Readonly<{ behaviour: behaviourV1.Behaviour }>;

export class ImportRejectDto {
  @Matches(ROW_FORM, { message: 'whole-number' })
  readonly line!: string;

  @Matches(REJECT_WORD_FORM, { message: 'word' })
  readonly field!: string;

  @Matches(REJECT_WORD_FORM, { message: 'word' })
  readonly rule!: string;
}

export class ImportChunkDto {
  @Matches(UUID_FORM, { message: 'import-id' })
  readonly importId!: string;

  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => ProcessingDto)
  readonly processing!: ProcessingDto;

  @Matches(COUNT_FORM, { message: 'whole-number' })
  readonly chunk!: string;

  @IsArray({ message: 'list' })
  @ArrayMaxSize(limits.maxRecordsInBatch, { message: 'too-many' })
  @AsItCame()
  readonly rows!: readonly ImportedRow[];

  @IsArray({ message: 'list' })
  @ArrayMaxSize(limits.maxRecordsInBatch, { message: 'too-many' })
  @ValidateNested({ each: true, message: 'required' })
  @Type(() => ImportRejectDto)
  readonly rejects!: readonly ImportRejectDto[];
}

export class EndImportDto {
  @Matches(UUID_FORM, { message: 'import-id' })
  readonly importId!: string;

  @IsBoolean({ message: 'flag' })
  readonly complete!: boolean;
}

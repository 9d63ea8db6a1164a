import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsOptional,
  Matches,
  ValidateNested,
} from 'class-validator';
import { limits } from '@lacuna/contracts';
import { AreDetails } from '../edge/details.decorator.js';
import { ProcessingDto } from '../edge/frame.dto.js';
import { MemberNameDto } from '../edge/member-name.dto.js';
import { COUNT_FORM, CompletedImportDto } from '../imports/imports.dto.js';

const IMPORT_ID_FORM = /^[\w-]{1,64}$/;

/** Words of a rule or a field, no sentences: a value of a row has no place in a reject. */
const REJECT_WORD_FORM = /^[A-Za-z][\w.-]{0,63}$/;

export class BeginImportDto extends CompletedImportDto {}

/** As it stands in the file: what is wrong with it is a reject of its line, not the end of the chunk. */
export class ImportedBehaviourDto {
  @IsOptional()
  @ValidateNested({ message: 'required' })
  @Type(() => MemberNameDto)
  readonly member?: MemberNameDto;

  readonly kind!: string;

  readonly occurred!: string;

  @AreDetails()
  readonly details!: Readonly<Record<string, string>>;
}

export class ImportedRowDto {
  @Matches(COUNT_FORM, { message: 'whole-number' })
  readonly row!: string;

  @Matches(COUNT_FORM, { message: 'whole-number' })
  readonly line!: string;

  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => ImportedBehaviourDto)
  readonly behaviour!: ImportedBehaviourDto;
}

export class ImportRejectDto {
  @Matches(COUNT_FORM, { message: 'whole-number' })
  readonly line!: string;

  @Matches(REJECT_WORD_FORM, { message: 'word' })
  readonly field!: string;

  @Matches(REJECT_WORD_FORM, { message: 'word' })
  readonly rule!: string;
}

export class ImportChunkDto {
  @Matches(IMPORT_ID_FORM, { message: 'import-id' })
  readonly importId!: string;

  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => ProcessingDto)
  readonly processing!: ProcessingDto;

  @Matches(COUNT_FORM, { message: 'whole-number' })
  readonly chunk!: string;

  @IsArray({ message: 'list' })
  @ArrayMaxSize(limits.maxRecordsInBatch, { message: 'too-many' })
  @ValidateNested({ each: true, message: 'required' })
  @Type(() => ImportedRowDto)
  readonly rows!: readonly ImportedRowDto[];

  @IsArray({ message: 'list' })
  @ArrayMaxSize(limits.maxRecordsInBatch, { message: 'too-many' })
  @ValidateNested({ each: true, message: 'required' })
  @Type(() => ImportRejectDto)
  readonly rejects!: readonly ImportRejectDto[];
}

export class EndImportDto {
  @Matches(IMPORT_ID_FORM, { message: 'import-id' })
  readonly importId!: string;

  @IsBoolean({ message: 'flag' })
  readonly complete!: boolean;
}

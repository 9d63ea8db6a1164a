import { Type } from 'class-transformer';
import { ArrayNotEmpty, IsDefined, Matches, MaxLength, ValidateNested } from 'class-validator';

/** A word of a pack: which words there are, the pack knows. */
export const NAME_FORM = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;

const REQUEST_ID_FORM = /^[\x21-\x7e]{1,200}$/;

export const UUID_FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Why and how a person's data is handled (R003, R006, R011, R013, R019). */
export class ProcessingDto {
  @Matches(NAME_FORM, { message: 'required' })
  readonly channel!: string;

  @Matches(NAME_FORM, { message: 'required' })
  readonly lawfulBasis!: string;

  @ArrayNotEmpty({ message: 'required' })
  @Matches(NAME_FORM, { each: true, message: 'name' })
  readonly purposes!: readonly string[];

  @MaxLength(64, { message: 'too-long' })
  readonly noticeVersion!: string;

  @Matches(NAME_FORM, { message: 'required' })
  readonly provenance!: string;
}

/** What every command brings: an id to repeat it by, and how the data is handled. */
export abstract class FramedDto {
  @Matches(REQUEST_ID_FORM, { message: 'request-id' })
  readonly requestId!: string;

  @IsDefined({ message: 'required' })
  @ValidateNested({ message: 'required' })
  @Type(() => ProcessingDto)
  readonly processing!: ProcessingDto;
}

import { ArrayMaxSize, IsIn, IsInt, Matches, Max, Min } from 'class-validator';
import { HasForm } from '@lacuna/contracts';
import { publishedContexts, type IntegrationContext } from '@lacuna/domain/integration';
import { areFollowedTogether } from './contexts.js';

/** Up to sixteen answers wait for a slow reader: so many records each are a few megabytes at most. */
export const MAX_RECORDS = 200;

export class SubscribeDto {
  @ArrayMaxSize(publishedContexts.length, { message: 'too-many' })
  @IsIn(publishedContexts, { each: true, message: 'unlisted' })
  @HasForm('behaviour-alone', (contexts) => Array.isArray(contexts) && areFollowedTogether(contexts))
  readonly contexts!: readonly IntegrationContext[];

  @Matches(/^[A-Za-z0-9_-]{0,100}$/, { message: 'cursor' })
  readonly after!: string;

  @IsInt({ message: 'whole-number' })
  @Min(0, { message: 'at-least-0' })
  @Max(MAX_RECORDS, { message: 'at-most-200' })
  readonly maxRecords!: number;
}

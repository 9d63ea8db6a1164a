import { ArrayMaxSize, IsIn, Matches } from 'class-validator';
import { publishedContexts, type IntegrationContext } from '@lacuna/domain/integration';

export class SubscribeDto {
  @ArrayMaxSize(publishedContexts.length, { message: 'too-many' })
  @IsIn(publishedContexts, { each: true, message: 'unlisted' })
  readonly contexts!: readonly IntegrationContext[];

  @Matches(/^[A-Za-z0-9_-]{0,100}$/, { message: 'cursor' })
  readonly after!: string;
}

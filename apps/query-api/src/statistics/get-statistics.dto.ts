import { IsIn, Matches } from 'class-validator';
import { dateOf, HasForm, isEmptyOr } from '@lacuna/contracts';

/** A local day or month that the calendar has. */
const periodOf = (text: string): string | null => (text.length === 7 ? dateOf(`${text}-01`) : dateOf(text));

export class GetStatisticsDto {
  @IsIn(['', 'day', 'month', 'kind'], { message: 'unlisted' })
  readonly by!: '' | 'day' | 'month' | 'kind';

  @HasForm('day-or-month', isEmptyOr(periodOf))
  readonly from!: string;

  @HasForm('day-or-month', isEmptyOr(periodOf))
  readonly to!: string;

  @Matches(/^([A-Za-z][A-Za-z0-9-]{0,63})?$/, { message: 'name' })
  readonly kind!: string;
}

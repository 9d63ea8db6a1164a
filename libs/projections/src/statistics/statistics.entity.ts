import { ViewColumn, ViewEntity } from 'typeorm';

/** A cell of the live statistics. Figures are decimal strings. */
@ViewEntity({ schema: 'views', name: 'statistics', synchronize: false })
export class StatisticsEntity {
  @ViewColumn({ name: 'tenant' })
  tenant!: string;

  @ViewColumn({ name: 'position' })
  position!: string;

  @ViewColumn({ name: 'night' })
  night!: string;

  @ViewColumn({ name: 'level' })
  level!: string;

  @ViewColumn({ name: 'period' })
  period!: string;

  @ViewColumn({ name: 'kind' })
  kind!: string;

  @ViewColumn({ name: 'people' })
  people!: string;

  @ViewColumn({ name: 'count' })
  count!: string;

  @ViewColumn({ name: 'units' })
  units!: string;

  @ViewColumn({ name: 'sum' })
  sum!: string;
}

import { ViewColumn, ViewEntity } from 'typeorm';

/** A night that was counted, as readers see it. */
@ViewEntity({ schema: 'views', name: 'counted_night', synchronize: false })
export class CountedNightEntity {
  @ViewColumn({ name: 'tenant' })
  tenant!: string;

  @ViewColumn({ name: 'position' })
  position!: string;

  @ViewColumn({ name: 'night' })
  night!: string;

  @ViewColumn({ name: 'rows' })
  rows!: string;

  @ViewColumn({ name: 'cells' })
  cells!: string;

  @ViewColumn({ name: 'remainder' })
  remainder!: string;
}

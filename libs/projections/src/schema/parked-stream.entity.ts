import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A stream that stopped in one view because an event of it could not be applied; its later events wait, in order. */
@Entity({ schema: 'views', name: 'parked_stream', synchronize: false })
export class ParkedStreamEntity {
  @PrimaryColumn('integer')
  build!: number;

  @PrimaryColumn('text')
  view!: string;

  @PrimaryColumn('text')
  stream!: string;

  @Column('bigint', { name: 'from_revision' })
  fromRevision!: string;

  @Column('bigint', { name: 'from_position' })
  fromPosition!: string;

  @Column('text')
  reason!: string;

  @Column('bigint')
  events!: string;
}

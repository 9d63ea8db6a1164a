import { Column, Entity, PrimaryColumn } from 'typeorm';

export type ViewState = 'booting' | 'live' | 'paused' | 'failed';

/** How far a view of a build has come. Its position moves in the transaction that writes its rows. */
@Entity({ schema: 'views', name: 'checkpoint', synchronize: false })
export class CheckpointEntity {
  @PrimaryColumn('integer')
  build!: number;

  @PrimaryColumn('text')
  view!: string;

  @Column('integer')
  version!: number;

  @Column('bigint')
  position!: string;

  @Column('text')
  state!: ViewState;

  @Column('text', { nullable: true })
  reason!: string | null;
}

import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A set of views filled together in a schema of its own; the one that is `live` is what readers see. */
@Entity({ schema: 'views', name: 'build', synchronize: false })
export class BuildEntity {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column('text')
  state!: 'building' | 'live' | 'retired' | 'replay' | 'kept';

  /** `member-directory@1 audit-trail@1 ...` */
  @Column('text')
  versions!: string;
}

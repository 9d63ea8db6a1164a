import { LacunaError } from '@lacuna/domain/kernel';
import { DataSource, QueryFailedError } from 'typeorm';
import { ActivityEntity } from '../activities/activity.entity.js';
import { ParticipantEntity } from '../activities/participant.entity.js';
import { AuditTrailEntity } from '../audit-trail/audit-trail.entity.js';
import { DeadlineEntity } from '../deadlines/deadline.entity.js';
import { MemberDirectoryEntity } from '../member-directory/member-directory.entity.js';
import { BuildEntity } from '../schema/build.entity.js';
import { CheckpointEntity } from '../schema/checkpoint.entity.js';
import { ParkedStreamEntity } from '../schema/parked-stream.entity.js';
import { CountedNightEntity } from '../statistics/counted-night.entity.js';
import { StatisticsEntity } from '../statistics/statistics.entity.js';

/** Everything that is read of the views through TypeORM. Nothing is written or synchronised this way. */
export const viewEntities = [
  MemberDirectoryEntity,
  AuditTrailEntity,
  DeadlineEntity,
  StatisticsEntity,
  CountedNightEntity,
  ActivityEntity,
  ParticipantEntity,
  BuildEntity,
  CheckpointEntity,
  ParkedStreamEntity,
];

/** For a connection, or for one of the others to be free: what reads much may keep them for a while. */
const CONNECT_MS = 10_000;

/** A pool of readers. Statement logging stays off: parameters name people. */
export const openViewSource = (databaseUrl: string, poolSize = 4): Promise<DataSource> =>
  new DataSource({
    type: 'postgres',
    url: databaseUrl,
    entities: viewEntities,
    applicationName: 'lacuna-view-reader',
    synchronize: false,
    logging: false,
    poolSize,
    connectTimeoutMS: CONNECT_MS,
    // A connection that was lost without a word is noticed; what is read may take its time.
    extra: { keepAlive: true },
  }).initialize();

const UNDEFINED_TABLE = '42P01';
const isMissing = (error: unknown): boolean =>
  error instanceof QueryFailedError && (error.driverError as { code?: string }).code === UNDEFINED_TABLE;

/** A read before the first build is live answers `VIEW_BEHIND`; any other failure is the database's (`VIEW_UNAVAILABLE`). */
export const readViews = async <T>(read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
  } catch (error) {
    if (isMissing(error)) throw new LacunaError('VIEW_BEHIND', 'the views are being built');
    if (error instanceof LacunaError) throw error;
    throw new LacunaError('VIEW_UNAVAILABLE', 'the views cannot be read', [], { cause: error });
  }
};

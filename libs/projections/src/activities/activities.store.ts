import type { Instant, Sealed } from '@lacuna/domain/kernel';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import { readViews } from '../queries/view-source.store.js';
import { ActivityEntity } from './activity.entity.js';
import { ParticipantEntity } from './participant.entity.js';

export type ActivityRow = Readonly<{
  activityId: string;
  title: string;
  /** The actor whose activity it is (R049). */
  organiser: string;
  plannedEnd: Instant;
  /** `closed`: who took part is gone. */
  state: 'announced' | 'ended' | 'closed';
  endedAt: Instant | null;
  /** Of members who have left since as well: nothing here tells them apart. */
  participants: number;
}>;

export type ParticipantRow = Readonly<{ participantId: string; eventId: string; details: Sealed | null }>;

type Counted = Omit<ActivityRow, 'state'> & Readonly<{ state: string }>;

const PARTICIPANTS = (
  counted: SelectQueryBuilder<ParticipantEntity>,
): SelectQueryBuilder<ParticipantEntity> =>
  counted
    .select('count(*)::integer')
    .from(ParticipantEntity, 'p')
    .where('p.tenant = a.tenant AND p.activityId = a.activityId');

const activitiesOf = async (
  source: DataSource,
  tenant: string,
  activityId?: string,
): Promise<readonly ActivityRow[]> => {
  const query = source
    .getRepository(ActivityEntity)
    .createQueryBuilder('a')
    .select('a.activityId', 'activityId')
    .addSelect('a.title', 'title')
    .addSelect('a.organiser', 'organiser')
    .addSelect('a.plannedEnd', 'plannedEnd')
    .addSelect('a.state', 'state')
    .addSelect('a.endedAt', 'endedAt')
    .addSelect(PARTICIPANTS, 'participants')
    .where('a.tenant = :tenant', { tenant })
    .orderBy('a.plannedEnd')
    .addOrderBy('a.activityId');
  if (activityId !== undefined) query.andWhere('a.activityId = :activityId', { activityId });
  const rows = await readViews(() => query.getRawMany<Counted>());
  return rows.map((row) => ({ ...row, state: row.state as ActivityRow['state'] }));
};

/** The activities of a tenant, by their planned end. */
export const listActivities = (source: DataSource, tenant: string): Promise<readonly ActivityRow[]> =>
  activitiesOf(source, tenant);

export const oneActivity = async (
  source: DataSource,
  tenant: string,
  activityId: string,
): Promise<ActivityRow | null> => (await activitiesOf(source, tenant, activityId))[0] ?? null;

/** Who takes part, by their random ids: that order says nothing. */
export const listParticipants = async (
  source: DataSource,
  tenant: string,
  activityId: string,
): Promise<readonly ParticipantRow[]> => {
  const rows = await readViews(() =>
    source
      .getRepository(ParticipantEntity)
      .createQueryBuilder('p')
      .where('p.tenant = :tenant AND p.activityId = :activityId', { tenant, activityId })
      .orderBy('p.participantId')
      .getMany(),
  );
  return rows.map(({ participantId, eventId, details }) => ({
    participantId,
    eventId,
    details: details === null ? null : { sealed: details },
  }));
};

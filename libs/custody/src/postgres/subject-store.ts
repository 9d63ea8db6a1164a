import type { PoolClient } from 'pg';
import { LacunaError } from '@lacuna/domain/kernel';
import type { Restriction, SubjectStatus } from '../custody.port.js';
import type { SubjectRef } from '../scopes.port.js';
import type { Database } from './database.js';

type RestrictionRow = Readonly<{
  tenant: string;
  subject: string;
  state: 'live' | 'restricted' | 'erased';
  restricted_at: Date | null;
  request: Readonly<Record<string, string>> | null;
  recorded: boolean;
  destroyed_at: Date | null;
}>;

const COLUMNS = 'tenant, subject, state, restricted_at, request, recorded, destroyed_at';

const toRestriction = (row: RestrictionRow): Restriction => ({
  tenant: row.tenant,
  subject: row.subject,
  at: row.restricted_at?.toISOString() ?? '',
  request: row.request ?? {},
  recorded: row.recorded,
});

/** Waits for the batches that hold the subject, and gives what it is after them. */
const lockSubject = async (client: PoolClient, { tenant, subject }: SubjectRef): Promise<RestrictionRow> => {
  const found = await client.query<RestrictionRow>(
    `SELECT ${COLUMNS} FROM custody.subjects WHERE tenant = $1 AND subject = $2 FOR UPDATE`,
    [tenant, subject],
  );
  const row = found.rows[0];
  if (!row) throw new LacunaError('SUBJECT_UNKNOWN', 'custody knows no such subject');
  return row;
};

/** Whoever asks the subject's fence after the commit is refused; whoever holds it now is waited for. */
export const restrict = (
  database: Database,
  ref: SubjectRef,
  request: Readonly<Record<string, string>>,
  now: string,
): Promise<Restriction> =>
  database.aside('shared', async (client) => {
    const row = await lockSubject(client, ref);
    if (row.state === 'erased')
      throw new LacunaError('SUBJECT_ERASED', 'the keys of this subject have been destroyed');
    if (row.state === 'restricted') return toRestriction(row);
    await client.query(
      `UPDATE custody.subjects SET state = 'restricted', restricted_at = $3, request = $4
        WHERE tenant = $1 AND subject = $2`,
      [ref.tenant, ref.subject, now, JSON.stringify(request)],
    );
    return {
      tenant: ref.tenant,
      subject: ref.subject,
      at: new Date(now).toISOString(),
      request,
      recorded: false,
    };
  });

export const restrictionRecorded = (database: Database, { tenant, subject }: SubjectRef): Promise<void> =>
  database.aside('shared', async (client) => {
    await client.query(
      `UPDATE custody.subjects SET recorded = true
        WHERE tenant = $1 AND subject = $2 AND state = 'restricted' AND NOT recorded`,
      [tenant, subject],
    );
  });

export const unrecordedRestrictions = async (
  database: Database,
  before: string,
): Promise<readonly Restriction[]> => {
  const rows = await database.read<RestrictionRow>(
    'restrictions-unrecorded',
    `SELECT ${COLUMNS} FROM custody.subjects
      WHERE state = 'restricted' AND NOT recorded AND restricted_at < $1 ORDER BY restricted_at LIMIT 1000`,
    [before],
  );
  return rows.map(toRestriction);
};

const toStatus = (row: RestrictionRow | undefined): SubjectStatus => {
  switch (row?.state) {
    case undefined:
      return { kind: 'unknown' };
    case 'live':
      return { kind: 'live' };
    case 'restricted':
      return { kind: 'restricted', at: row.restricted_at?.toISOString() ?? '' };
    case 'erased':
      return { kind: 'erased', destroyedAt: row.destroyed_at?.toISOString() ?? '' };
  }
};

export const statuses = async (
  database: Database,
  refs: readonly SubjectRef[],
): Promise<readonly SubjectStatus[]> => {
  const rows = await database.read<RestrictionRow>(
    'subject-status',
    `SELECT ${COLUMNS} FROM custody.subjects JOIN unnest($1::text[], $2::text[]) AS a (tenant, subject)
      USING (tenant, subject)`,
    [refs.map((ref) => ref.tenant), refs.map((ref) => ref.subject)],
  );
  const byName = new Map(rows.map((row) => [`${row.tenant} ${row.subject}`, row]));
  return refs.map((ref) => toStatus(byName.get(`${ref.tenant} ${ref.subject}`)));
};

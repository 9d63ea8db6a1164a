import { LacunaError } from '@lacuna/domain/kernel';
import type { EventStore, RecordedEvent } from '@lacuna/event-store';
import type { LoggedDestruction } from '../custody.port.js';
import type { Database } from './database.js';
import type { EpochRow } from './epoch-store.js';

export type Describe = (event: RecordedEvent) => LoggedDestruction | null;

type Erased = Extract<LoggedDestruction, { kind: 'erased' }>;
type Scope = Extract<LoggedDestruction, { kind: 'scope' }>;
type Rotated = Extract<LoggedDestruction, { kind: 'rotated' }>;

const behind = (what: string): LacunaError =>
  new LacunaError('CUSTODY_BEHIND_LOG', `custody is older than the log: ${what}; restore a newer custody`);

const checkErased = async (database: Database, erased: readonly Erased[]): Promise<void> => {
  if (erased.length === 0) return;
  const pairs = erased.flatMap(({ tenant, subject, categories }) =>
    categories.map((category) => ({ tenant, subject, category })),
  );
  const rows = await database.read<{ held: number }>(
    'comparison-erased',
    `SELECT count(*)::int AS held
       FROM unnest($1::text[], $2::text[], $3::text[]) AS said (tenant, subject, category)
       JOIN custody.subject_keys k USING (tenant, subject, category) WHERE k.wrapped IS NOT NULL`,
    [pairs.map((pair) => pair.tenant), pairs.map((pair) => pair.subject), pairs.map((pair) => pair.category)],
  );
  const held = rows[0]?.held ?? 0;
  if (held > 0) throw behind(`it still holds ${held} keys that were destroyed`);
};

const checkScopes = async (database: Database, scopes: readonly Scope[]): Promise<void> => {
  if (scopes.length === 0) return;
  const rows = await database.read<{ held: number }>(
    'comparison-scopes',
    `SELECT count(*)::int AS held
       FROM unnest($1::text[], $2::text[], $3::text[]) AS said (tenant, category, scope)
       JOIN custody.scope_keys c USING (tenant, category, scope) WHERE c.wrapped IS NOT NULL`,
    [scopes.map((one) => one.tenant), scopes.map((one) => one.category), scopes.map((one) => one.scope)],
  );
  const held = rows[0]?.held ?? 0;
  if (held > 0) throw behind(`it still holds the keys of ${held} scopes that were destroyed`);
};

const checkRotated = async (database: Database, rotated: readonly Rotated[]): Promise<void> => {
  if (rotated.length === 0) return;
  const rows = await database.read<EpochRow>('comparison-epochs', 'SELECT * FROM custody.epochs');
  const epochs = new Map(rows.map((row) => [row.key_class, row.current]));
  const late = rotated.find(({ keyClass, epoch }) => (epochs.get(keyClass) ?? 0) < epoch);
  if (late) throw behind(`its ${late.keyClass} keys are of an epoch before ${late.epoch}`);
};

/**
 * Reads the log from where custody last compared itself with it, and remembers how far it came. Custody may be
 * ahead (a destruction whose event a crash cut off is completed by its process); it may never be behind.
 */
export const compareWithLog = async (
  database: Database,
  store: EventStore,
  describe: Describe,
): Promise<void> => {
  const known = await database.read<{ position: string }>(
    'comparison-position',
    'SELECT position FROM custody.comparison',
  );
  const start = BigInt(known[0]?.position ?? 0);
  if ((await store.head()) < start)
    throw new LacunaError(
      'LOG_BEHIND_CUSTODY',
      'the log ends before the place custody has compared itself with',
    );
  let reached = start;
  for await (const batch of store.readAll(start)) {
    const said = batch.events.flatMap((event) => describe(event) ?? []);
    await checkErased(
      database,
      said.filter((one) => one.kind === 'erased'),
    );
    await checkScopes(
      database,
      said.filter((one) => one.kind === 'scope'),
    );
    await checkRotated(
      database,
      said.filter((one) => one.kind === 'rotated'),
    );
    reached = batch.position;
  }
  await database.aside('shared', (client) =>
    client.query(
      `INSERT INTO custody.comparison (position) VALUES ($1)
       ON CONFLICT (one) DO UPDATE SET position = greatest(comparison.position, excluded.position)`,
      [reached.toString()],
    ),
  );
};

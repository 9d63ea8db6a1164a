import { LacunaError, type Sealed } from '@lacuna/domain/kernel';
import type { Opened, OpenRequest, SubjectWriter } from '../custody.port.js';
import type { KeyEntry } from '../keys/key-entry.js';
import { open, parseSealed, type ParsedSealed } from '../sealing/sealed-value.js';
import type { Settled } from './batcher.js';
import type { Database } from './database.js';
import { factsQuery, readFacts, type FactsRow } from './facts.js';
import { ownFault, type KeyOpener } from './key-opener.js';
import { judgeOpen } from './open-judge.js';
import { subjectWriter } from './subject-writer.js';
import { askedSubjects, knownEntries } from './write-batch.js';

const openKnown = (keys: KeyOpener, request: OpenRequest, facts: ReturnType<typeof readFacts>) => {
  const verdict = judgeOpen(request, facts);
  if (verdict.kind === 'refused') return { error: verdict.error };
  const entries = ownFault(() => knownEntries(keys, request, facts));
  return entries instanceof LacunaError ? { error: entries } : { ok: subjectWriter(entries, []) };
};

/** `open` that writes nothing: fences and keys of all callers in one statement. */
export const readOpens = async (
  database: Database,
  keys: KeyOpener,
  requests: readonly OpenRequest[],
): Promise<readonly Settled<SubjectWriter>[]> => {
  const rows = await database.read<FactsRow>('facts', factsQuery(false), [...askedSubjects(requests)]);
  const facts = readFacts(rows[0] as FactsRow);
  return requests.map((request) => openKnown(keys, request, facts));
};

type ValueRow = Readonly<{
  ref: string;
  tenant: string;
  subject: string;
  category: string;
  wrapped: Buffer | null;
  state: 'live' | 'restricted' | 'erased';
  scope_ref: string;
  scope_wrapped: Buffer | null;
}>;

// LIMIT 1 says nothing new of unique keys, but holds the order of the joins: each value asks for its own rows. Left to
// itself the planner began with the one scope key of the tenant, and read every key of it to find ten.
const VALUES = `
SELECT k.ref, k.tenant, k.subject, k.category, k.wrapped, s.state, c.ref AS scope_ref, c.wrapped AS scope_wrapped
  FROM unnest($1::uuid[]) AS asked (ref)
  CROSS JOIN LATERAL (SELECT * FROM custody.subject_keys k WHERE k.ref = asked.ref LIMIT 1) k
  CROSS JOIN LATERAL (
    SELECT s.state FROM custody.subjects s WHERE s.tenant = k.tenant AND s.subject = k.subject LIMIT 1) s
  CROSS JOIN LATERAL (
    SELECT c.ref, c.wrapped FROM custody.scope_keys c
     WHERE c.tenant = k.tenant AND c.category = k.category AND c.scope = 'membership' LIMIT 1) c`;

export type UnsealJob = Readonly<{ tenant: string; values: readonly (ParsedSealed | null)[] }>;

export const unsealJob = (tenant: string, values: readonly Sealed[]): UnsealJob => ({
  tenant,
  values: values.map(({ sealed }) => parseSealed(sealed)),
});

type Access = KeyEntry | 'erased' | 'restricted' | 'corrupt';

const accessOf = (keys: KeyOpener, row: ValueRow): Access => {
  const scope = { ref: row.scope_ref, wrapped: row.scope_wrapped };
  const { ref, tenant, subject, category } = row;
  const entry = ownFault(() => keys.entry({ ref, tenant, subject, category }, row.wrapped, scope));
  if (entry === null) return 'erased';
  if (entry instanceof LacunaError) return 'corrupt';
  return row.state === 'restricted' ? 'restricted' : entry;
};

const openOne = (access: Access | undefined, value: ParsedSealed): Opened => {
  if (access === undefined) return { kind: 'unknown' };
  if (typeof access === 'string') return { kind: access };
  const plaintext = open(access.key('seal'), access.context, value);
  return plaintext === null ? { kind: 'corrupt' } : { kind: 'opened', plaintext };
};

/** Opens the values of all callers after one statement asked all their fences. */
export const readValues = async (
  database: Database,
  keys: KeyOpener,
  jobs: readonly UnsealJob[],
): Promise<readonly Settled<readonly Opened[]>[]> => {
  const refs = new Set(jobs.flatMap((job) => job.values.flatMap((value) => (value ? [value.keyRef] : []))));
  const rows = refs.size === 0 ? [] : await database.read<ValueRow>('values', VALUES, [[...refs]]);
  const tenants = new Map(rows.map((row) => [row.ref, row.tenant]));
  const access = new Map(rows.map((row) => [row.ref, accessOf(keys, row)]));
  const ask = (tenant: string, value: ParsedSealed | null): Opened => {
    if (value === null) return { kind: 'corrupt' };
    // A key of another tenant is no key at all, and looks like none.
    const ours = tenants.get(value.keyRef) === tenant;
    return openOne(ours ? access.get(value.keyRef) : undefined, value);
  };
  return jobs.map((job) => ({ ok: job.values.map((value) => ask(job.tenant, value)) }));
};

import { LacunaError, type Sealed } from '@lacuna/domain/kernel';
import type { Opened, OpenRequest, SubjectWriter } from '../custody.port.js';
import type { KeyEntry } from '../keys/key-entry.js';
import { open, parseSealed, type ParsedSealed } from '../sealing/sealed-value.js';
import { askedOf } from './asked.js';
import type { Settled } from './batcher.js';
import type { Database } from './database.js';
import { factsQuery, readFacts, type Facts, type FactsRow } from './facts.js';
import { ownFault, type KeyOpener } from './key-opener.js';
import { fromKeysAsked, KEY_WITH_SCOPE, ownerOf, scopeRowOf, type KeyWithScopeRow } from './key-rows.js';
import { judgeOpen } from './open-judge.js';
import { openKeys } from './open-keys.js';
import { subjectWriter } from './subject-writer.js';

const openKnown = (keys: KeyOpener, request: OpenRequest, facts: Facts): Settled<SubjectWriter> => {
  const verdict = judgeOpen(request, facts);
  if (verdict.kind === 'refused') return { error: verdict.error };
  const opened = ownFault(() => openKeys(keys, request, facts));
  return opened instanceof LacunaError ? { error: opened } : { ok: subjectWriter(opened.keys, []) };
};

/** `open` that writes nothing: fences and keys of all callers in one statement. */
export const readOpens = async (
  database: Database,
  keys: KeyOpener,
  requests: readonly OpenRequest[],
): Promise<readonly Settled<SubjectWriter>[]> => {
  const rows = await database.read<FactsRow>('facts', factsQuery(false), askedOf(requests));
  const facts = readFacts(rows[0] as FactsRow);
  return requests.map((request) => openKnown(keys, request, facts));
};

type ValueRow = KeyWithScopeRow & Readonly<{ state: 'live' | 'restricted' | 'erased' }>;

const VALUES = `
SELECT ${KEY_WITH_SCOPE}, s.state ${fromKeysAsked('unnest($1::uuid[], $2::text[]) AS asked (ref, scope)', 'ref')}
  CROSS JOIN LATERAL (
    SELECT s.state FROM custody.subjects s WHERE s.tenant = k.tenant AND s.subject = k.subject LIMIT 1) s`;

export type UnsealJob = Readonly<{ tenant: string; values: readonly (ParsedSealed | null)[] }>;

export const unsealJob = (tenant: string, values: readonly Sealed[]): UnsealJob => ({
  tenant,
  values: values.map(({ sealed }) => parseSealed(sealed)),
});

type Access = KeyEntry | 'erased' | 'restricted' | 'corrupt';

const accessOf = (keys: KeyOpener, row: ValueRow): Access => {
  const entry = ownFault(() => keys.entry(ownerOf(row), row.wrapped, scopeRowOf(row)));
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

/** A key and the scope it is joined with, as a value names them. */
const keyName = (ref: string, scope: string): string => `${ref} ${scope}`;

/** Opens the values of all callers after one statement asked all their fences. */
export const readValues = async (
  database: Database,
  keys: KeyOpener,
  jobs: readonly UnsealJob[],
): Promise<readonly Settled<readonly Opened[]>[]> => {
  const named = jobs.flatMap((job) =>
    job.values.flatMap((value) => (value ? [[keyName(value.keyRef, value.scope), value] as const] : [])),
  );
  const asked = [...new Map(named).values()];
  const refs = asked.map((value) => value.keyRef);
  const scopes = asked.map((value) => value.scope);
  const rows = asked.length === 0 ? [] : await database.read<ValueRow>('values', VALUES, [refs, scopes]);
  const tenants = new Map(rows.map((row) => [row.ref, row.tenant]));
  const access = new Map(rows.map((row) => [keyName(row.ref, row.scope), accessOf(keys, row)]));
  const ask = (tenant: string, value: ParsedSealed | null): Opened => {
    if (value === null) return { kind: 'corrupt' };
    // A key of another tenant is no key at all, and looks like none.
    const ours = tenants.get(value.keyRef) === tenant;
    return openOne(ours ? access.get(keyName(value.keyRef, value.scope)) : undefined, value);
  };
  return jobs.map((job) => ({ ok: job.values.map((value) => ask(job.tenant, value)) }));
};

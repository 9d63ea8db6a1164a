import type { PoolClient } from 'pg';
import { LacunaError } from '@lacuna/domain/kernel';
import type { OpenRequest, SubjectWriter } from '../custody.port.js';
import { claimTag, holderTag, innerTag, sealBody, sealInner } from '../claims/claim-codec.js';
import { KeyEntry } from '../keys/key-entry.js';
import { KEY_BYTES } from '../sealing/aead.js';
import { freshRandom } from '../sealing/byte-string.js';
import type { Settled } from './batcher.js';
import { claimKey, confirmClaims, removeClaims } from './claim-store.js';
import { CameBetween, claimAll, type Candidate, type ClaimSlot, type NewKey } from './claiming.js';
import { StaleEpochs } from './database.js';
import { factsQuery, readFacts, type Facts, type FactsRow } from './facts.js';
import { ownFault, subjectContext, type KeyOpener } from './key-opener.js';
import { judgeOpen } from './open-judge.js';
import { freshRef } from './scope-store.js';
import { pack } from './packed.js';
import { subjectWriter } from './subject-writer.js';

export type WriteJob =
  | Readonly<{ kind: 'open'; request: OpenRequest; inners: readonly Buffer[] }>
  | Readonly<{ kind: 'confirm' | 'release'; ids: readonly string[] }>;

export type OpenJob = Extract<WriteJob, { kind: 'open' }>;

export const openJob = (request: OpenRequest): OpenJob => ({
  kind: 'open',
  request,
  inners: (request.claims ?? []).map((claim) =>
    innerTag({ tenant: request.tenant, kind: claim.kind }, claim.value),
  ),
});

/** Two requests for one subject or one value never share a batch. */
export const jobKeys = (job: WriteJob): readonly string[] =>
  job.kind === 'open'
    ? [`${job.request.tenant} ${job.request.subject}`, ...job.inners.map((inner) => inner.toString('base64'))]
    : [];

/** The subjects whose fences a batch asks. */
export const askedSubjects = (requests: readonly OpenRequest[]): readonly [string[], string[]] => {
  const all = requests.flatMap((request) =>
    [request.subject, ...(request.alsoLive ?? [])].map((subject) => ({ tenant: request.tenant, subject })),
  );
  const unique = [...new Map(all.map((id) => [`${id.tenant} ${id.subject}`, id])).values()];
  return [unique.map((id) => id.tenant), unique.map((id) => id.subject)];
};

const mintKey = (keys: KeyOpener, request: OpenRequest, category: string, facts: Facts): NewKey => {
  const scope = facts.scope(request.tenant, category);
  const scopeKey = scope && keys.scope({ tenant: request.tenant, category }, scope);
  if (!scopeKey) throw new CameBetween('a scope key is missing');
  const owner = { ref: freshRef(), tenant: request.tenant, subject: request.subject, category };
  const key = freshRandom(KEY_BYTES);
  const entry = new KeyEntry(owner, key, scopeKey);
  keys.remember(entry);
  return {
    entry,
    wrapped: keys.ring.wrap('subject', subjectContext(owner), key),
  };
};

/** The keys of an accepted request that are there already. */
export const knownEntries = (
  keys: KeyOpener,
  request: OpenRequest,
  facts: Facts,
): Map<string, KeyEntry> | LacunaError => {
  const entries = new Map<string, KeyEntry>();
  for (const category of request.categories) {
    const row = facts.subject(request)?.keys.get(category);
    const scope = facts.scope(request.tenant, category);
    if (!row || !scope) continue;
    const { tenant, subject } = request;
    const entry = keys.entry({ ref: row.ref, tenant, subject, category }, row.wrapped, scope);
    if (!entry) return new LacunaError('SUBJECT_ERASED', 'the key of this category has been destroyed');
    entries.set(category, entry);
  }
  return entries;
};

const claimSlot = (keys: KeyOpener, job: OpenJob, entry: KeyEntry, index: number): ClaimSlot => {
  const claim = job.request.claims?.[index];
  const inner = job.inners[index];
  if (!claim || !inner) throw new RangeError('a claim without its tag');
  const { tenant, subject, now } = job.request;
  const slot = { tenant, kind: claim.kind };
  const lookup = keys.ring.lookup;
  const tag = claimTag(lookup, inner);
  const body = sealBody(lookup, slot, tag, {
    subject,
    category: entry.owner.category,
    stream: claim.stream,
    expected: String(claim.expected),
    eventId: claim.eventId,
    openedAt: now,
    inner: sealInner(entry.use('claim'), slot, inner),
  });
  const holder = holderTag(lookup, tenant, subject);
  return { claim, made: { ...slot, key: claimKey({ ...slot, tag }), tag, holder, body, openedAt: now } };
};

const candidate = (keys: KeyOpener, facts: Facts, job: OpenJob): Candidate | LacunaError => {
  const verdict = judgeOpen(job.request, facts);
  if (verdict.kind === 'refused') return verdict.error;
  const known = knownEntries(keys, job.request, facts);
  if (known instanceof LacunaError) return known;
  const minted = verdict.missing.map((category) => mintKey(keys, job.request, category, facts));
  for (const { entry } of minted) known.set(entry.owner.category, entry);
  // The first category is the one whose key seals the claims.
  const first = known.get(job.request.categories[0] ?? '');
  const slots = first ? job.inners.map((_, index) => claimSlot(keys, job, first, index)) : [];
  return {
    request: job.request,
    create: verdict.create,
    entries: known,
    minted,
    slots,
    claims: [],
    refused: null,
  };
};

const INSERT_KEYS = `
WITH made AS (
  INSERT INTO custody.subjects (tenant, subject)
  SELECT * FROM unnest($1::text[], $2::text[]) AS s (tenant, subject) ORDER BY tenant, subject
  ON CONFLICT (tenant, subject) DO NOTHING RETURNING 1
), keyed AS (
  INSERT INTO custody.subject_keys (tenant, subject, category, ref, kek_epoch, wrapped)
  SELECT tenant, subject, category, ref, $7, substring($8::bytea FROM start FOR size)
    FROM unnest($3::text[], $4::text[], $5::text[], $6::uuid[], $9::int[], $10::int[])
      AS k (tenant, subject, category, ref, start, size) ORDER BY tenant, subject, category
  ON CONFLICT (tenant, subject, category) DO NOTHING RETURNING 1
)
SELECT (SELECT count(*)::int FROM made) AS subjects, (SELECT count(*)::int FROM keyed) AS keys`;

const mintAll = async (client: PoolClient, epoch: number, winners: readonly Candidate[]): Promise<void> => {
  const created = winners.filter((one) => one.create).map((one) => one.request);
  const minted = winners.flatMap((one) => one.minted);
  if (created.length === 0 && minted.length === 0) return;
  const wrapped = pack(minted.map((key) => key.wrapped));
  const owners = minted.map(({ entry }) => entry.owner);
  const written = await client.query<{ subjects: number; keys: number }>({
    name: 'keys-insert',
    text: INSERT_KEYS,
    values: [
      created.map((request) => request.tenant),
      created.map((request) => request.subject),
      owners.map((owner) => owner.tenant),
      owners.map((owner) => owner.subject),
      owners.map((owner) => owner.category),
      owners.map((owner) => owner.ref),
      epoch,
      wrapped.bytes,
      wrapped.starts,
      wrapped.sizes,
    ],
  });
  const { subjects, keys } = written.rows[0] ?? { subjects: 0, keys: 0 };
  // Another process made one of them since we looked: its keys are the ones.
  if (subjects !== created.length || keys !== minted.length)
    throw new CameBetween('a subject was made in between');
};

const lockedFacts = async (client: PoolClient, keys: KeyOpener, jobs: readonly OpenJob[]): Promise<Facts> => {
  const values = askedSubjects(jobs.map((job) => job.request));
  const found = await client.query<FactsRow>({
    name: 'facts-locked',
    text: factsQuery(true),
    values: [...values],
  });
  const facts = readFacts(found.rows[0] as FactsRow);
  const { subject, lookup } = facts.epochs;
  if (!keys.ring.matches({ subject, lookup })) throw new StaleEpochs();
  return facts;
};

const answer = (one: Candidate | LacunaError): Settled<SubjectWriter> => {
  if (one instanceof LacunaError) return { error: one };
  return one.refused ? { error: one.refused } : { ok: subjectWriter(one.entries, one.claims) };
};

const openAll = async (
  client: PoolClient,
  keys: KeyOpener,
  jobs: readonly OpenJob[],
): Promise<ReadonlyMap<WriteJob, Settled<SubjectWriter>>> => {
  if (jobs.length === 0) return new Map();
  const facts = await lockedFacts(client, keys, jobs);
  const judged = jobs.map((job) => [job, ownFault(() => candidate(keys, facts, job))] as const);
  const candidates = judged.flatMap(([, one]) => (one instanceof LacunaError ? [] : [one]));
  await claimAll(client, keys, candidates);
  await mintAll(
    client,
    facts.epochs.subject,
    candidates.filter((one) => one.refused === null),
  );
  return new Map(judged.map(([job, one]) => [job, answer(one)]));
};

/** One transaction's worth: all opens, confirmations and releases of a batch, an answer for each. */
export const writeBatch = async (
  client: PoolClient,
  keys: KeyOpener,
  jobs: readonly WriteJob[],
): Promise<readonly Settled<SubjectWriter | null>[]> => {
  const idsOf = (kind: 'confirm' | 'release'): string[] =>
    jobs.flatMap((job) => (job.kind === kind ? [...job.ids] : []));
  const opened = await openAll(
    client,
    keys,
    jobs.filter((job) => job.kind === 'open'),
  );
  await confirmClaims(client, idsOf('confirm'));
  await removeClaims(client, idsOf('release'));
  return jobs.map((job) => opened.get(job) ?? { ok: null });
};

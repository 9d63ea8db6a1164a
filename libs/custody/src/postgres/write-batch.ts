import type { PoolClient } from 'pg';
import { LacunaError } from '@lacuna/domain/kernel';
import type { OpenRequest, SubjectWriter } from '../custody.port.js';
import { claimTag, holderTag, innerTag, sealBody, sealInner } from '../claims/claim-codec.js';
import type { KeyEntry } from '../keys/key-entry.js';
import { askedOf } from './asked.js';
import type { Settled } from './batcher.js';
import { claimKey, confirmClaims, removeClaims } from './claim-store.js';
import { CameBetween, claimAll, type Candidate, type ClaimSlot } from './claiming.js';
import { StaleEpochs } from './database.js';
import { factsQuery, readFacts, type Facts, type FactsRow } from './facts.js';
import { ownFault, type KeyOpener } from './key-opener.js';
import { judgeOpen } from './open-judge.js';
import { openKeys } from './open-keys.js';
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
    scope: entry.context.scope,
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
  const opened = openKeys(keys, job.request, facts);
  if (opened instanceof LacunaError) return opened;
  // The first category is the one whose key seals the claims.
  const first = opened.keys.seals.get(job.request.categories[0] ?? '');
  const slots = first ? job.inners.map((_, index) => claimSlot(keys, job, first, index)) : [];
  return { request: job.request, create: verdict.create, ...opened, slots, claims: [], refused: null };
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
  const owners = minted.map(({ owner }) => owner);
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
  const found = await client.query<FactsRow>({
    name: 'facts-locked',
    text: factsQuery(true),
    values: askedOf(jobs.map((job) => job.request)),
  });
  const facts = readFacts(found.rows[0] as FactsRow);
  const { subject, lookup } = facts.epochs;
  if (!keys.ring.matches({ subject, lookup })) throw new StaleEpochs();
  return facts;
};

const answer = (one: Candidate | LacunaError): Settled<SubjectWriter> => {
  if (one instanceof LacunaError) return { error: one };
  return one.refused ? { error: one.refused } : { ok: subjectWriter(one.keys, one.claims) };
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

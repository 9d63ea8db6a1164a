import { LacunaError } from '@lacuna/domain/kernel';
import type { OpenRequest } from '../custody.port.js';
import type { ChunkResult, ImportFile } from '../imports.port.js';
import type { ScopeDestruction, ScopedRequest, SubjectRef } from '../scopes.port.js';

const TENANT = /^[a-z][a-z0-9-]{0,62}$/;
const NAME = /^[a-z][a-z0-9-]{0,62}$/;
// A kind is the pack's name of a unique field: `mobile`, `customerNumber`.
const KIND = /^[a-z][A-Za-z0-9-]{0,62}$/;
// A day, a month, the id of an activity: never the membership, which is no scope that comes and goes.
const SCOPE = /^(?!membership$)[a-z0-9][a-z0-9-]{0,62}$/;
const DAY_OR_MONTH = /^\d{4}-\d{2}(-\d{2})?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const LONGEST_WORD = 500;
const SUBJECT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const check = (fits: boolean, what: string): void => {
  if (!fits) throw new LacunaError('CUSTODY_ARGUMENT_INVALID', `not a valid ${what}`);
};

export const checkTenant = (tenant: string): void => check(TENANT.test(tenant), 'tenant');

export const checkSubject = ({ tenant, subject }: SubjectRef): void => {
  checkTenant(tenant);
  check(SUBJECT.test(subject), 'subject');
};

export const checkCategories = (categories: readonly string[]): void => {
  for (const category of categories) check(NAME.test(category), 'category');
};

export const checkKind = (kind: string): void => check(KIND.test(kind), 'claim kind');

export const checkInstant = (instant: string): void => check(!Number.isNaN(Date.parse(instant)), 'instant');

export const checkScopes = (scopes: readonly string[]): void => {
  for (const scope of scopes) check(SCOPE.test(scope), 'scope');
};

export const checkScoped = (request: ScopedRequest): void => {
  checkSubject(request);
  checkCategories([request.category]);
  checkScopes([request.scope]);
  checkInstant(request.now);
};

export const checkScopeDestruction = (request: ScopeDestruction): void => {
  checkTenant(request.tenant);
  checkCategories([request.category]);
  checkInstant(request.now);
  if ('through' in request.scopes) check(DAY_OR_MONTH.test(request.scopes.through), 'scope');
  else checkScopes(request.scopes);
};

export const checkNight = (tenant: string, night: string): void => {
  checkTenant(tenant);
  check(DAY.test(night), 'night');
};

const isCount = (value: number, most = 2_147_483_647): boolean =>
  Number.isSafeInteger(value) && value >= 0 && value <= most;

export const checkImport = (file: ImportFile, rejectsAfter: number): void => {
  checkTenant(file.tenant);
  checkKind(file.kind);
  check(SHA256.test(file.sha256), 'digest');
  check(isCount(file.length, Number.MAX_SAFE_INTEGER) && isCount(file.rows), 'size of a file');
  check(isCount(file.chunkRows) && file.chunkRows > 0, 'size of a chunk');
  check(isCount(rejectsAfter), 'line');
};

export const checkImportId = (tenant: string, importId: string): void => {
  checkTenant(tenant);
  check(UUID.test(importId), 'import id');
};

export const checkChunk = (chunk: number, { counts, rejects }: ChunkResult): void => {
  check(isCount(chunk), 'chunk');
  check(
    [counts.live, counts.countedOnly, counts.rejected].every((count) => isCount(count)),
    'count',
  );
  for (const { line, field, rule } of rejects)
    // From 1: who asks for the first page of rejects asks for what lies behind line 0.
    check(isCount(line) && line > 0 && field.length <= LONGEST_WORD && rule.length <= LONGEST_WORD, 'reject');
};

/** Before anything is queued: what one caller got wrong must not reach the statement that others share. */
export const checkOpen = (request: OpenRequest): void => {
  checkSubject(request);
  checkCategories(request.categories);
  checkInstant(request.now);
  checkScopes(Object.values(request.scopes ?? {}));
  for (const subject of request.alsoLive ?? []) checkSubject({ tenant: request.tenant, subject });
  for (const claim of request.claims ?? []) {
    checkKind(claim.kind);
    check(claim.value.isWellFormed(), 'claim value');
    check(claim.stream.length + claim.eventId.length < 4_096, 'claim');
  }
  check(request.claims === undefined || request.categories.length > 0, 'claim without a category');
};

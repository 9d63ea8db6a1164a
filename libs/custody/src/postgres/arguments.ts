import { LacunaError } from '@lacuna/domain/kernel';
import type { OpenRequest, SubjectRef } from '../custody.port.js';

const TENANT = /^[a-z][a-z0-9-]{0,62}$/;
const NAME = /^[a-z][a-z0-9-]{0,62}$/;
// A kind is the pack's name of a unique field: `mobile`, `customerNumber`.
const KIND = /^[a-z][A-Za-z0-9-]{0,62}$/;
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

/** Before anything is queued: what one caller got wrong must not reach the statement that others share. */
export const checkOpen = (request: OpenRequest): void => {
  checkSubject(request);
  checkCategories(request.categories);
  checkInstant(request.now);
  for (const subject of request.alsoLive ?? []) checkSubject({ tenant: request.tenant, subject });
  for (const claim of request.claims ?? []) {
    checkKind(claim.kind);
    check(claim.value.isWellFormed(), 'claim value');
    check(claim.stream.length + claim.eventId.length < 4_096, 'claim');
  }
  check(request.claims === undefined || request.categories.length > 0, 'claim without a category');
};

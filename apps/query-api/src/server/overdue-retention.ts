import type { Instant } from '@lacuna/domain/kernel';
import { dayEnd, retentionEnd, scopeKind, type PolicyPack } from '@lacuna/domain/policy';

/** When the activities of a tenant ended, by id; one that has not ended is absent. */
export type ActivityEnds = ReadonlyMap<string, Instant>;

/** The last local day of a month: `1998-02` ends on the 28th. */
export const lastDayOf = (month: string): string => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return `${month}-${String(new Date(Date.UTC(year, number, 0)).getUTCDate()).padStart(2, '0')}`;
};

/** When everything under one scope key must be gone; null: no clock has begun to run. */
export const scopeEnd = (
  pack: PolicyPack,
  category: string,
  scope: string,
  ends: ActivityEnds,
): Instant | null => {
  switch (scopeKind(pack, category)) {
    case 'day':
      return dayEnd(pack, category, scope);
    case 'month':
      return dayEnd(pack, category, lastDayOf(scope));
    case 'activity': {
      const ended = ends.get(scope);
      return ended === undefined ? null : retentionEnd(pack, category, ended);
    }
    case 'membership':
      return null;
  }
};

/** Categories that the clock ends scope by scope. */
export const clockedCategories = (pack: PolicyPack): readonly string[] =>
  [...pack.categories.keys()].filter((category) => scopeKind(pack, category) !== 'membership');

/** Of the scopes whose keys live, those whose time has come: there should be none (R041, R042, R044). */
export const overdueScopes = (
  pack: PolicyPack,
  living: ReadonlyMap<string, readonly string[]>,
  ends: ActivityEnds,
  now: Instant,
): readonly string[] =>
  [...living].flatMap(([category, scopes]) =>
    scopes
      .filter((scope) => {
        const end = scopeEnd(pack, category, scope, ends);
        return end !== null && end <= now;
      })
      .map((scope) => `${category} ${scope}`),
  );

import { hasCode } from '@lacuna/domain/kernel';
import { scopeKind, type PolicyPack } from '@lacuna/domain/policy';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';

/** The categories of which everybody has a key before anything is recorded: those whose other factor is a day or an activity. */
const preparedCategories = (pack: PolicyPack): readonly string[] =>
  [...pack.categories.keys()].filter((category) =>
    (['day', 'activity'] as const).some((kind) => kind === scopeKind(pack, category)),
  );

/**
 * Gives the keys of behaviour and activities to all members who have none yet, at once: a key that were made at
 * somebody's first behaviour would stand beside it in the database. Answers how many keys were made. Safe to repeat.
 */
export const prepareSubjects = (ports: Ports, tenant: string): Promise<number> =>
  ports.custody.prepareSubjects(tenant, preparedCategories(packOf(ports, tenant)));

/** Does what needs the keys of members, and where one has none yet makes those of all of them first. */
export const withPrepared = async <Answer>(
  ports: Ports,
  tenant: string,
  act: () => Promise<Answer>,
): Promise<Answer> => {
  try {
    return await act();
  } catch (error) {
    if (!hasCode(error, 'SUBJECT_UNPREPARED')) throw error;
    await prepareSubjects(ports, tenant);
    return act();
  }
};

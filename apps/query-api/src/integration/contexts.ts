import { publishedContexts, type IntegrationContext } from '@lacuna/domain/integration';

/**
 * References to behaviour are followed by themselves: one response that had them between records of members would put
 * each between two exact times, often right behind its member's own registration.
 */
const ALONE: IntegrationContext = 'behaviour';

/** What is followed where no context is named. */
export const defaultContexts: readonly IntegrationContext[] = publishedContexts.filter(
  (context) => context !== ALONE,
);

/** Whether these may be followed together. */
export const areFollowedTogether = (contexts: readonly unknown[]): boolean =>
  !contexts.includes(ALONE) || contexts.every((context) => context === ALONE);

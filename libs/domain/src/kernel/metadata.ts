import type { CommandContext } from './decider.js';
import type { Violation } from './errors.js';
import type { EventMetadata, Processing } from './event.js';

/** What stands beside a decision: the pack it was made under, the payload's keyed digest, the event it answers. */
export type DecisionMetadata = Readonly<{ policy: string; payloadDigest?: string; causedBy?: string }>;

/** The metadata of what a command has caused: time, source, manner and people of the collection (R013). */
export const eventMetadata = (context: CommandContext, decision: DecisionMetadata): EventMetadata => ({
  tenant: context.tenant,
  occurredAt: context.at,
  actor: context.actor,
  processing: context.processing,
  ...decision,
});

/** Nothing is collected without saying how, on what ground, for what and from whom (R003, R006, R011, R013). */
export const processingViolations = (processing: Processing): readonly Violation[] => {
  const missing = (['channel', 'lawfulBasis', 'provenance'] as const).filter(
    (field) => processing[field] === '',
  );
  return [...missing, ...(processing.purposes.length === 0 ? ['purposes'] : [])].map((field) => ({
    field: `processing.${field}`,
    rule: 'required',
  }));
};

import { declareEvent, uuid, word, type DomainEvent } from '../kernel/index.js';

/**
 * A claim on a unique value was left open, and this event has won the revision that its append would have used:
 * the append named by `eventId` can never come. It stands in the stream that the claim was made for, and changes nothing there.
 */
export type ClaimAbandoned = DomainEvent<'ClaimAbandoned', { claimKind: string; eventId: string }>;

export const claimAbandoned = (claimKind: string, eventId: string): ClaimAbandoned => ({
  type: 'ClaimAbandoned',
  data: { claimKind, eventId },
});

export const claimDeclarations = [
  declareEvent<ClaimAbandoned>('ClaimAbandoned', 1, {
    subject: null,
    fields: { claimKind: word, eventId: uuid },
  }),
];

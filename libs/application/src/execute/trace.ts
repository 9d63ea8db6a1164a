import type { EventMetadata } from '@lacuna/domain/kernel';
import { currentTrace, takeApartTrace } from '@lacuna/runtime';

/**
 * The events that say in clear which trace they came out of. A trace stays as long as its collector keeps it and may
 * name who called, so it is on nothing that must not be tied to anything else (`UNTRACED_EVENTS`).
 */
export const TRACED_EVENTS: readonly string[] = [
  'ActivityAnnounced',
  'ActivityEnded',
  'ClockJumpConfirmed',
  'ClockJumpPaused',
  'CorrectionOverdue',
  'CorrectionRequested',
  'ErasureFinal',
  'ErasureRequested',
  'ErasureStarted',
  'ImportCompleted',
  'InfoCorrected',
  'KeysRotated',
  'MemberErased',
  'MemberRegistered',
  'NightlyRunCompleted',
  'RetentionSwept',
];

/** The others, and why not. */
export const UNTRACED_EVENTS: Readonly<Record<string, string>> = {
  AuditTrailRead: 'a read',
  BehaviourCounted: 'a statistic, which nothing may date',
  BehaviourDayAnonymised: 'names a day of behaviour',
  BehaviourRecorded: 'unnamed: its trace is sealed in its body',
  BehavioursCountedOnly: 'unnamed',
  ClaimAbandoned: 'may stand on an identity, which names no member',
  IdentityErased: 'an identity names no member: a trace in common would',
  NightCounted: 'a statistic, which nothing may date',
  ParticipantSignedUp: 'unnamed: its trace is sealed in its details',
  PersonalDataRead: 'a read: whose it was is sealed',
  PersonalDataReadDenied: 'a read: whose it was is sealed',
  ReadRecordEnded: 'names streams of reads',
  RealNameVerified: 'an identity names no member: a trace in common would',
  SignUpsDeleted: 'names a scope of sign-ups',
};

/** The metadata of an event, with the trace under way where the event may say it. */
export const withTrace = (type: string, metadata: EventMetadata): EventMetadata => {
  const trace = TRACED_EVENTS.includes(type) ? currentTrace() : null;
  return trace === null ? metadata : { ...metadata, trace };
};

/** What is sealed into a behaviour or a sign-up of the trace it came out of: a trace of its own, and of no other. */
export const sealedTrace = (): Readonly<{ trace?: string }> => {
  const trace = takeApartTrace();
  return trace === null ? {} : { trace };
};

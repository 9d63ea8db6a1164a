import { activityCategory } from '@lacuna/domain/activity';
import { citeOf, decide, type PolicyPack } from '@lacuna/domain/policy';
import type { AuditRow } from '@lacuna/projections';

type Ruling = (pack: PolicyPack, row: AuditRow) => string | null;

const correction: Ruling = (pack) => citeOf(pack, 'deadlines.correction');
const erasure: Ruling = (pack) => pack.erasure.cite;
const nightly: Ruling = (pack) => pack.nightly.cite;
const clockJump: Ruling = (pack) => pack.clockJump.cite;
const realName: Ruling = (pack) => pack.categories.get('real-name')?.cite ?? null;

const activity: Ruling = (pack) => pack.categories.get(activityCategory)?.cite ?? null;
const counting: Ruling = (pack) => pack.statistics.cite;
const auditing: Ruling = (pack, { role }) => {
  const decision = decide(pack, { role, rolesHeld: [role], action: 'audit', purpose: null, fields: [] });
  return decision.kind === 'allowed' ? decision.rules.join(', ') : null;
};

// Under which place of the pack each kind of event happens, where the event itself cites none.
const rulings: Readonly<Record<string, Ruling>> = {
  MemberRegistered: (pack) => pack.channels.cite,
  CorrectionRequested: correction,
  InfoCorrected: correction,
  CorrectionOverdue: correction,
  ErasureRequested: erasure,
  MemberErased: erasure,
  ErasureFinal: erasure,
  RealNameVerified: realName,
  IdentityErased: realName,
  AuditTrailRead: auditing,
  KeysRotated: nightly,
  NightlyRunCompleted: nightly,
  ClockJumpPaused: clockJump,
  ClockJumpConfirmed: clockJump,
  NightCounted: counting,
  RetentionSwept: nightly,
  ActivityAnnounced: activity,
  ActivityEnded: activity,
};

/** The clause under which something happened: `R072 000§6.2`. Empty: it rests on none. */
export const ruleOf = (pack: PolicyPack, row: AuditRow): string =>
  row.rules.length > 0 ? row.rules.join(', ') : (rulings[row.eventType]?.(pack, row) ?? '');

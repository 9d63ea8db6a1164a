/**
 * Every word that a trace or a figure may say: lists of this file, and what the code of a process is made of
 * (`Vocabulary`). A value of a request, of a person or of the log is in none of them, so none can be said.
 */
export type Vocabulary = Readonly<{
  /** Which app of the product the process is. */
  app: string;
  version: string;
  /** The stable codes of the product (the error table and what only operators see). */
  codes: readonly string[];
}>;

/** Stands for everything that is in no list. */
export const OTHER = 'other';

export const METHODS = [
  'lacuna.activity.v1.ActivityService/AnnounceActivity',
  'lacuna.activity.v1.ActivityService/EndActivity',
  'lacuna.activity.v1.ActivityService/SignUp',
  'lacuna.admin.v1.AdminService/AdvanceClock',
  'lacuna.admin.v1.AdminService/ConfirmClockJump',
  'lacuna.behaviour.v1.BehaviourService/BeginImport',
  'lacuna.behaviour.v1.BehaviourService/CorrectBehaviour',
  'lacuna.behaviour.v1.BehaviourService/EndImport',
  'lacuna.behaviour.v1.BehaviourService/ImportChunk',
  'lacuna.behaviour.v1.BehaviourService/ListOpenImports',
  'lacuna.behaviour.v1.BehaviourService/RecordBehaviour',
  'lacuna.behaviour.v1.BehaviourService/RecordBehaviours',
  'lacuna.integration.v1.IntegrationService/Subscribe',
  'lacuna.member.v1.MemberService/ApplyCorrection',
  'lacuna.member.v1.MemberService/CompleteImport',
  'lacuna.member.v1.MemberService/GetErasureStatus',
  'lacuna.member.v1.MemberService/ListCompletedImports',
  'lacuna.member.v1.MemberService/PreviewErasure',
  'lacuna.member.v1.MemberService/RegisterMember',
  'lacuna.member.v1.MemberService/RegisterMembers',
  'lacuna.member.v1.MemberService/RequestCorrection',
  'lacuna.member.v1.MemberService/RequestErasure',
  'lacuna.member.v1.MemberService/VerifyRealName',
  'lacuna.member.v1.MemberService/VerifyRealNames',
  'lacuna.query.v1.QueryService/GetMember',
  'lacuna.query.v1.QueryService/GetRoster',
  'lacuna.query.v1.QueryService/GetServerInfo',
  'lacuna.query.v1.QueryService/GetStatistics',
  'lacuna.query.v1.QueryService/GetStatus',
  'lacuna.query.v1.QueryService/ListActivities',
  'lacuna.query.v1.QueryService/ListAuditTrail',
  'lacuna.query.v1.QueryService/ListBehaviour',
] as const;

export const COMMANDS = [
  'AnnounceActivity',
  'ApplyCorrection',
  'BeginBehaviourImport',
  'CompleteImport',
  'CorrectBehaviour',
  'EndActivity',
  'EndBehaviourImport',
  'ImportBehaviourChunk',
  'RecordBehaviours',
  'RegisterMember',
  'RequestCorrection',
  'RequestErasure',
  'SignUp',
  'VerifyRealName',
] as const;

export const QUERIES = [
  'GetErasureStatus',
  'GetMember',
  'GetRoster',
  'GetServerInfo',
  'GetStatistics',
  'GetStatus',
  'ListActivities',
  'ListAuditTrail',
  'ListBehaviour',
  'ListCompletedImports',
  'ListOpenImports',
  'PreviewErasure',
  'Subscribe',
] as const;

/**
 * What leaves one behaviour or one sign-up in the log. Nothing dates one of these (design: nothing finer than the day):
 * they have no span below a caller's, their figures and spans are given out in lots (`Lots`).
 */
export const APART_COMMANDS: readonly string[] = [
  'CorrectBehaviour',
  'ImportBehaviourChunk',
  'RecordBehaviours',
  'SignUp',
];
export const APART_METHODS: readonly string[] = [
  'lacuna.activity.v1.ActivityService/SignUp',
  'lacuna.behaviour.v1.BehaviourService/CorrectBehaviour',
  'lacuna.behaviour.v1.BehaviourService/ImportChunk',
  'lacuna.behaviour.v1.BehaviourService/RecordBehaviour',
  'lacuna.behaviour.v1.BehaviourService/RecordBehaviours',
];

export const REACTIONS = [
  'activity-end',
  'activity-retention',
  'claims',
  'correction',
  'erase',
  'finalise',
  'identity-retention',
  'keys',
  'nightly-run',
  'open-claim',
  'restriction',
  'retention',
  'statistics',
] as const;

/** The value where it is in the list, else `other`. */
export const listed = (values: readonly string[], value: string): string =>
  values.includes(value) ? value : OTHER;

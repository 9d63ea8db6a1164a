/**
 * What the code knows how to do, once each: a pack chooses among these words and every other word is refused at load.
 * Roles, purposes, fields, categories, channels and all numbers are the pack's; none stands here.
 */

/** Actions that handle fields: a request names a purpose and fields. */
export const FIELD_ACTIONS = [
  'read',
  'register',
  'verify-real-name',
  'request-correction',
  'correct',
  'record-behaviour',
  'correct-behaviour',
  'sign-up',
] as const;

/** Of those, the actions by which something is recorded by a form: they handle kinds, the others values. */
export const FORM_ACTIONS = ['record-behaviour', 'correct-behaviour', 'sign-up'] as const;

/** Actions on a member, the trail or the server as a whole: no field, and no purpose of its own. */
export const PLAIN_ACTIONS = [
  'preview-erasure',
  'request-erasure',
  'erasure-status',
  'import',
  'announce-activity',
  'end-activity',
  'list-activities',
  'report',
  'audit',
  'replay',
  'status',
  'operate',
  'subscribe',
] as const;

export const ACTIONS = [...FIELD_ACTIONS, ...PLAIN_ACTIONS] as const;

export type FieldAction = (typeof FIELD_ACTIONS)[number];
export type Action = (typeof ACTIONS)[number];

/** Actions by which a value comes in. */
export type CollectAction = Exclude<FieldAction, 'read'>;

/** Facts that a condition may ask for, with their values. One that the caller leaves out is unknown. */
export const FACTS = {
  /** Whether the data is the actor's own. */
  subject: ['self', 'other'],
  /** Whether the activity is one that the actor organises (R049). */
  activity: ['own', 'other'],
} as const;

export type FactName = keyof typeof FACTS;
export type Facts = Readonly<{ [Name in FactName]?: (typeof FACTS)[Name][number] }>;

export const FACT_NAMES = Object.keys(FACTS) as readonly FactName[];

/** Legal bases; `never` forbids the purpose to everybody. */
export const BASES = ['contract', 'consent', 'law', 'vital-interest', 'never'] as const;
export type Basis = (typeof BASES)[number];

/** Masks from the most to the least that is shown. `clear` is said where a rule lifts a field's own mask. */
export const MASKS = ['clear', 'phone', 'tail', 'initial', 'hidden'] as const;
export type Mask = (typeof MASKS)[number];

/** What a retention may be counted from: an event, or the local day of what was done. */
export const ANCHORS = ['RealNameVerified', 'PersonalDataRead', 'ActivityEnded', 'day'] as const;
export type Anchor = (typeof ANCHORS)[number];

/** What becomes of data when their time has come. */
export const ENDINGS = ['delete', 'anonymise'] as const;
export type Ending = (typeof ENDINGS)[number];

/** What a form can ask for: text, and the two measures that statistics add up (an amount in cents). */
export const FORM_TYPES = ['text', 'units', 'amount'] as const;
export type FormType = (typeof FORM_TYPES)[number];

/** The longest time a category may be kept for a person who stays: no clock runs. */
export const MEMBERSHIP = 'membership';

/** The place of the purpose in a cell of an action that has none. */
export const NO_PURPOSE = '';

/** The place of the field in a cell of an action that has none. */
export const NO_FIELD = '';

import type { ClockRule } from './clock-rule.js';
import type { Action, Anchor, Basis, Ending, Facts, FormType, Mask } from './vocabulary.js';

/** `R048 000§4.1`: the requirement, and the clause of the text it comes from (`own`: the organisation's own rule). */
export type Cite = string;

/** The regulation's words, for the trail. */
export type Title = Readonly<{ zh: string; en: string }>;

export type Role = Readonly<{ title: Title }>;

export type Purpose = Readonly<{ title: Title; basis: Basis; cite: Cite }>;

/** Why a category outlives an erasure. */
export type Hold = Readonly<{ title: Title; cite: Cite }>;

export type Retention =
  Readonly<{ kind: 'membership' }> | Readonly<{ kind: 'clock'; rule: ClockRule; from: Anchor; then: Ending }>;

/** A kind of data with a retention, and keys, of its own. */
export type Category = Readonly<{ title: Title; retention: Retention; hold: string | null; cite: Cite }>;

export type Field = Readonly<{
  title: Title;
  category: string;
  level: string;
  purposes: readonly string[];
  /** What a read shows unless its rule says otherwise. */
  mask: Mask;
  /** Belongs to one holder at a time. */
  unique: boolean;
  required: boolean;
  /** The one action by which it may come in. */
  only: Action | null;
  /** What is recorded with it, for a kind of behaviour or a sign-up; null: the field is its value. */
  form: ReadonlyMap<string, FormItem> | null;
  cite: Cite;
}>;

/** One item of a form. */
export type FormItem = Readonly<{ title: Title; type: FormType; required: boolean }>;

/** The smallest number of people that a figure may cover (R046, R050). */
export type Statistics = Readonly<{ k: number; cite: Cite }>;

/** A closed list and the clause that closes it. */
export type ClosedList = Readonly<{ entries: ReadonlyMap<string, Title>; cite: Cite }>;

/** Every combination of one entry of each list; an absent fact in `when` is any. */
export type Box = Readonly<{
  roles: readonly string[];
  actions: readonly Action[];
  purposes: readonly string[];
  fields: readonly string[];
  when: Facts;
}>;

/** `person`: holds for whoever holds one of the roles, whichever they act in. */
export type Rule = Readonly<{
  id: string;
  cite: Cite;
  effect: 'allow' | 'deny';
  about: 'acting' | 'person';
  boxes: readonly Box[];
  masks: ReadonlyMap<string, Mask>;
}>;

/** Of two rules that meet: the one that holds, and why. */
export type Resolution = Readonly<{ takes: string; over: readonly string[]; why: string }>;

export type Deadline = Readonly<{ rule: ClockRule; cite: Cite }>;

/** What a refusal cites where no single rule decided. */
export type RefusalCites = Readonly<{ absent: Cite; purpose: Cite; fields: Cite; minimum: Cite }>;

/** A place of the pack that cites a clause; `chosen` names what no text gives. */
export type CitedPlace = Readonly<{ id: string; cite: Cite; chosen: readonly string[] }>;

/** One organisation's rules at one version, every name in it known: made by `parsePack` alone. */
export type PolicyPack = Readonly<{
  /** `car-club@1`: what events and decisions cite (R105). */
  id: string;
  name: string;
  version: number;
  title: Title;
  zone: string;
  levels: readonly string[];
  categories: ReadonlyMap<string, Category>;
  holds: ReadonlyMap<string, Hold>;
  fields: ReadonlyMap<string, Field>;
  channels: ClosedList;
  provenance: ClosedList;
  purposes: ReadonlyMap<string, Purpose>;
  /** Purposes before which a notice must have been shown. */
  notices: Readonly<{ before: readonly string[]; cite: Cite }>;
  roles: ReadonlyMap<string, Role>;
  rules: readonly Rule[];
  refusals: RefusalCites;
  deadlines: ReadonlyMap<string, Deadline>;
  erasure: Readonly<{ reasons: ReadonlyMap<string, Title>; cite: Cite }>;
  statistics: Statistics;
  nightly: Readonly<{ rule: ClockRule; cite: Cite }>;
  /** A real clock that has jumped over more days than this pauses what destroys. */
  clockJump: Readonly<{ days: number; cite: Cite }>;
  resolves: readonly Resolution[];
  cited: readonly CitedPlace[];
}>;

/** Why a pack was not taken: where, what, and the clause of the rule at fault. */
export type PackProblem = Readonly<{ path: string; problem: string; cite: Cite | null }>;

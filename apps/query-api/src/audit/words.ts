import { scopeKind, titleOf, type PolicyPack, type TitleKind } from '@lacuna/domain/policy';
import type { AuditRow } from '@lacuna/projections';
import type { Language } from './list-audit-trail.query.js';
import { periodWords } from './period-words.js';

/** How a category ends; `end` where the pack does not say. */
export type Ending = 'anonymise' | 'delete' | 'end';

/** What ends together. */
export type Span = 'day' | 'month' | 'activity' | 'record';

/** How long a category is kept: `most` where the pack gives a ceiling. */
export type Kept = Readonly<{ period: string; most: boolean }>;

/** What a sentence is made of: the pack's words for names, and the tenant's local time for instants. */
export type Words = Readonly<{
  who: string;
  member: string;
  /** The event names nobody it is about, and never did. */
  nobody: boolean;
  fields: string;
  purpose: string;
  channel: string;
  /** The pack's word for a name in the event's facts. */
  named(kind: TitleKind, fact: string): string;
  /** The pack's words for a list of names in the event's facts. */
  allNamed(kind: TitleKind, fact: string): string;
  /** Local time of an instant in the event's facts. */
  time(fact: string): string;
  /** A fact as it stands. */
  text(fact: string): string;
  fact(name: string): unknown;
  title(kind: TitleKind, name: string): string;
  list(items: readonly string[]): string;
  ending(category: string): Ending;
  span(category: string): Span;
  /** Null where the event was made under another pack than the one that is read here. */
  kept(category: string): Kept | null;
}>;

type Voice = Readonly<{
  separator: string;
  nothing: string;
  /** A request that named no field asked for all there is; one without a purpose is denied, and shows. */
  everything: string;
  noPurpose: string;
  system: string;
  actor(role: string, id: string): string;
  member(id: string): string;
  someMember: string;
}>;

const voices: Readonly<Record<Language, Voice>> = {
  en: {
    separator: ', ',
    nothing: 'nothing',
    everything: 'all information',
    noPurpose: 'no stated purpose',
    system: 'The system',
    actor: (role, id) => `${role.charAt(0).toUpperCase()}${role.slice(1)} (${id})`,
    member: (id) => `member ${id}`,
    someMember: 'a member to whom no link is left',
  },
  zh: {
    separator: '、',
    nothing: '无',
    everything: '全部信息',
    noPurpose: '未说明',
    system: '系统',
    actor: (role, id) => `${role}（${id}）`,
    member: (id) => `会员 ${id}`,
    someMember: '已无关联的会员',
  },
};

/** The actor of what the system does by itself, and of what a member does. */
const SYSTEM_ROLE = 'system';
const SUBJECT_ACTOR = 'subject';

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map((item: unknown) => textOf(item)) : [];

// Sortable and the same in every language: 1998-07-02 09:00:00.
const localTime = (zone: string, instant: string): string =>
  instant === ''
    ? ''
    : new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(
        new Date(instant),
      );

const endingOf = (pack: PolicyPack, category: string): Ending => {
  const retention = pack.categories.get(category)?.retention;
  return retention?.kind === 'clock' ? retention.then : 'end';
};

const spanOf = (pack: PolicyPack, category: string): Span => {
  const kind = pack.categories.has(category) ? scopeKind(pack, category) : 'membership';
  return kind === 'membership' ? 'record' : kind;
};

const keptOf = (pack: PolicyPack, language: Language, row: AuditRow, category: string): Kept | null => {
  const retention = pack.categories.get(category)?.retention;
  if (row.policy !== pack.id || retention?.kind !== 'clock' || !('period' in retention.rule)) return null;
  const { kind, period } = retention.rule;
  return { period: periodWords(period, language), most: kind === 'ceiling' };
};

const whoOf = (row: AuditRow, voice: Voice, role: string): string => {
  if (row.role === SYSTEM_ROLE) return voice.system;
  return row.actor === SUBJECT_ACTOR
    ? `${role.charAt(0).toUpperCase()}${role.slice(1)}`
    : voice.actor(role, row.actor);
};

export const wordsFor = (pack: PolicyPack, language: Language, row: AuditRow, memberId: string): Words => {
  const voice = voices[language];
  const title = (kind: TitleKind, name: string): string => titleOf(pack, kind, name)[language];
  const list = (items: readonly string[]): string =>
    items.length === 0 ? voice.nothing : items.join(voice.separator);
  const titles = (kind: TitleKind, names: readonly string[]): string =>
    list(names.map((name) => title(kind, name)));
  return {
    who: whoOf(row, voice, title('role', row.role)),
    member: memberId === '' ? voice.someMember : voice.member(memberId),
    nobody: row.memberId === null && row.subject === null,
    fields: row.fields.length === 0 ? voice.everything : titles('field', row.fields),
    purpose: row.purposes.length === 0 ? voice.noPurpose : titles('purpose', row.purposes),
    channel: title('channel', row.channel),
    named: (kind, fact) => title(kind, textOf(row.facts[fact])),
    allNamed: (kind, fact) => titles(kind, textsOf(row.facts[fact])),
    time: (fact) => localTime(pack.zone, textOf(row.facts[fact])),
    text: (fact) => textOf(row.facts[fact]),
    fact: (name) => row.facts[name],
    title,
    list,
    ending: (category) => endingOf(pack, category),
    span: (category) => spanOf(pack, category),
    kept: (category) => keptOf(pack, language, row, category),
  };
};

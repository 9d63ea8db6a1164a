import { activitySentences } from './activity.sentences.js';
import type { Language } from './list-audit-trail.query.js';
import { retentionSentences } from './retention.sentences.js';
import type { Sentences, Traced } from './sentence.js';
import { statisticsSentences } from './statistics.sentences.js';
import type { Words } from './words.js';

type ItemFact = Readonly<{ category: string; outcome: string; basis: string }>;

const itemsOf = ({ fact }: Words): readonly ItemFact[] => {
  const items = fact('items');
  return Array.isArray(items) ? (items as readonly ItemFact[]) : [];
};

const categories = (words: Words, outcome: 'erase' | 'anonymise' | 'retain'): string =>
  words.list(
    itemsOf(words)
      .filter((item) => item.outcome === outcome)
      .map(({ category, basis }) =>
        outcome === 'retain'
          ? `${words.title('category', category)} (${words.title('hold', basis)})`
          : words.title('category', category),
      ),
  );

const filterOf = ({ fact }: Words): Readonly<{ from?: unknown; to?: unknown; byMember?: unknown }> => {
  const filter = fact('filter');
  return typeof filter === 'object' && filter !== null ? filter : {};
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const rangeEn = (words: Words): string => {
  const { from, to, byMember } = filterOf(words);
  return [
    byMember === true ? ' of one member' : '',
    isText(from) ? ` from ${from}` : '',
    isText(to) ? ` to ${to}` : '',
  ].join('');
};

const rangeZh = (words: Words): string => {
  const { from, to, byMember } = filterOf(words);
  const parts = [
    byMember === true ? '某一会员' : '',
    isText(from) ? `自 ${from} ` : '',
    isText(to) ? `至 ${to} ` : '',
  ].join('');
  return parts === '' ? '' : `${parts}的`;
};

const actions: Readonly<Record<string, Readonly<Record<Language, (words: Words) => string>>>> = {
  read: {
    en: ({ fields, member, purpose, nobody }) =>
      `to read ${fields}${nobody ? '' : ` of ${member}`} for ${purpose}`,
    zh: ({ fields, member, purpose, nobody }) =>
      `以“${purpose}”为目的查阅${nobody ? '' : `${member}的`}${fields}`,
  },
  audit: { en: () => 'to read the audit trail', zh: () => '查阅审计记录' },
  report: { en: () => 'to see the statistics', zh: () => '查看统计报告' },
  'list-activities': { en: () => 'to see the activities', zh: () => '查看活动列表' },
  status: { en: () => 'to see the status of the server', zh: () => '查看系统状态' },
  subscribe: { en: () => 'to follow what is published', zh: () => '订阅对外发布的事件' },
};

const reasons: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  ROLE_UNKNOWN: { en: 'the role is unknown', zh: '角色未知' },
  ROLE_NOT_HELD: { en: 'the role is not held', zh: '未担任该角色' },
  PURPOSE_REQUIRED: { en: 'no purpose was given', zh: '未说明目的' },
  PURPOSE_UNKNOWN: { en: 'the purpose is not a listed one', zh: '目的不在清单内' },
  FIELD_UNKNOWN: { en: 'a field is not a listed one', zh: '字段不在清单内' },
  FIELD_REQUIRED: { en: 'no field was named', zh: '未指明字段' },
  DENIED_BY_RULE: { en: 'a rule forbids it', zh: '规则禁止' },
  NOT_ALLOWED: { en: 'no rule allows it', zh: '无规则允许' },
};

const deniedAction = (words: Words, language: Language): string =>
  actions[words.text('action')]?.[language](words) ?? words.text('action');

const deniedReason = (words: Words, language: Language): string =>
  reasons[words.text('reason')]?.[language] ?? words.text('reason');

const asOf = (words: Words, before: string): string => {
  const position = words.text('asOf');
  return position === '' ? '' : `${before}${position}`;
};

/** The trail speaks the regulation's words: one sentence for each event type and language. */
export const sentences: Sentences<Traced> = {
  ...activitySentences,
  ...retentionSentences,
  ...statisticsSentences,
  MemberRegistered: {
    en: ({ who, member, channel, fields }) => `${who} registered ${member} by ${channel}: ${fields}.`,
    zh: ({ who, member, channel, fields }) => `${who}经“${channel}”登记了${member}：${fields}。`,
  },
  CorrectionRequested: {
    en: ({ who, member, fields }) => `${who} asked for a correction of ${fields} of ${member}.`,
    zh: ({ who, member, fields }) => `${who}申请更正${member}的${fields}。`,
  },
  InfoCorrected: {
    en: ({ who, member, fields }) => `${who} corrected ${fields} of ${member}.`,
    zh: ({ who, member, fields }) => `${who}更正了${member}的${fields}。`,
  },
  CorrectionOverdue: {
    en: ({ member, time }) => `The correction for ${member} is overdue: it was due by ${time('dueAt')}.`,
    zh: ({ member, time }) => `${member}的更正已逾期：应于 ${time('dueAt')} 前完成。`,
  },
  ErasureRequested: {
    en: ({ who, member, named, allNamed }) =>
      `${who} asked to erase ${allNamed('category', 'categories')} of ${member} (${named('reason', 'reason')}); use has stopped.`,
    zh: ({ who, member, named, allNamed }) =>
      `${who}要求删除${member}的${allNamed('category', 'categories')}（${named('reason', 'reason')}），即时停止使用。`,
  },
  ErasureStarted: {
    en: (words) =>
      `The erasure of ${words.member} began. Deleted: ${categories(words, 'erase')}. Made anonymous: ${categories(words, 'anonymise')}. Stays: ${categories(words, 'retain')}.`,
    zh: (words) =>
      `开始删除${words.member}的信息。删除：${categories(words, 'erase')}；匿名化：${categories(words, 'anonymise')}；保留：${categories(words, 'retain')}。`,
  },
  MemberErased: {
    en: ({ member, allNamed, time }) =>
      `The keys to ${allNamed('category', 'categories')} of ${member} were destroyed at ${time('destroyedAt')}.`,
    zh: ({ member, allNamed, time }) =>
      `${member}的${allNamed('category', 'categories')}的密钥已于 ${time('destroyedAt')} 销毁。`,
  },
  ErasureFinal: {
    en: ({ member, time }) =>
      `What was erased of ${member} cannot be recovered from ${time('unrecoverableAt')} on.`,
    zh: ({ member, time }) => `${member}已删除的信息自 ${time('unrecoverableAt')} 起无法恢复。`,
  },
  ClaimAbandoned: {
    en: ({ named }) => `A claim on the ${named('field', 'claimKind')} that was never completed was given up.`,
    zh: ({ named }) => `一项未完成的${named('field', 'claimKind')}占用已放弃。`,
  },
  RealNameVerified: {
    en: ({ who, fields }) => `${who} verified a real-name identity: ${fields}.`,
    zh: ({ who, fields }) => `${who}完成了一项实名认证：${fields}。`,
  },
  IdentityErased: {
    en: ({ time }) =>
      `A real-name identity was erased at ${time('destroyedAt')}: the time that the law keeps it had passed.`,
    zh: ({ time }) => `一项实名信息已于 ${time('destroyedAt')} 删除：法定保存期届满。`,
  },
  PersonalDataRead: {
    en: (words) =>
      `${words.who} read ${words.fields} of ${words.member} for ${words.purpose}${asOf(words, ', as of position ')}.`,
    zh: (words) =>
      `${words.who}以“${words.purpose}”为目的查阅了${words.member}的${words.fields}${asOf(words, '，截至位置 ')}。`,
  },
  PersonalDataReadDenied: {
    en: (words) => `${words.who} was refused ${deniedAction(words, 'en')}: ${deniedReason(words, 'en')}.`,
    zh: (words) => `拒绝${words.who}${deniedAction(words, 'zh')}：${deniedReason(words, 'zh')}。`,
  },
  AuditTrailRead: {
    en: (words) => `${words.who} read the audit trail${rangeEn(words)}.`,
    zh: (words) => `${words.who}查阅了${rangeZh(words)}审计记录。`,
  },
  ImportCompleted: {
    en: ({ who, text }) => `${who} completed the import of a file (${text('kind')}): ${text('rows')} rows.`,
    zh: ({ who, text }) => `${who}完成了一个文件的导入（${text('kind')}）：${text('rows')} 行。`,
  },
  KeysRotated: {
    en: ({ text, time }) =>
      `The ${text('keyClass')} keys were wrapped anew: what was destroyed before ${time('destroyedBefore')} is unrecoverable.`,
    zh: ({ text, time }) =>
      `${text('keyClass')} 类密钥已重新封装：${time('destroyedBefore')} 前销毁的内容无法恢复。`,
  },
  NightlyRunCompleted: {
    en: ({ text }) => `The nightly run of ${text('date')} was completed.`,
    zh: ({ text }) => `${text('date')} 的夜间处理已完成。`,
  },
  ClockJumpPaused: {
    en: ({ time }) =>
      `The clock jumped from ${time('from')} to ${time('to')}: what destroys waits for an operator.`,
    zh: ({ time }) => `时钟由 ${time('from')} 跳至 ${time('to')}：销毁操作暂停，等待运维人员确认。`,
  },
  ClockJumpConfirmed: {
    en: ({ who }) => `${who} confirmed that the clock is right.`,
    zh: ({ who }) => `${who}确认时钟正确。`,
  },
};

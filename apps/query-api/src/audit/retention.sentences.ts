import type { RetentionEvent } from '@lacuna/domain/retention';
import type { Language } from './list-audit-trail.query.js';
import type { Sentences } from './sentence.js';
import type { Ending, Span, Words } from './words.js';

/** How long it was kept, where the pack of that time is the one in force. */
const kept: Readonly<Record<Language, (words: Words, category: string) => string>> = {
  en: (words, category) => {
    const span = words.kept(category);
    return span === null ? '' : ` (kept for ${span.most ? 'at most ' : ''}${span.period})`;
  },
  zh: (words, category) => {
    const span = words.kept(category);
    return span === null ? '' : `（${span.most ? '最长' : ''}保存 ${span.period}，期限届满）`;
  },
};

const endings: Readonly<Record<Language, Readonly<Record<Ending, string>>>> = {
  en: { anonymise: 'anonymised', delete: 'deleted', end: 'ended' },
  zh: { anonymise: '匿名化', delete: '删除', end: '终止保存' },
};

const spans: Readonly<Record<Language, Readonly<Record<Span, (count: number) => string>>>> = {
  en: {
    day: (count) => `${count} ${count === 1 ? 'day' : 'days'}`,
    month: (count) => `${count} ${count === 1 ? 'month' : 'months'}`,
    activity: (count) => `${count} ${count === 1 ? 'activity' : 'activities'}`,
    record: (count) => `${count} ${count === 1 ? 'record' : 'records'}`,
  },
  zh: {
    day: (count) => `${count} 天`,
    month: (count) => `${count} 个月`,
    activity: (count) => `${count} 项活动`,
    record: (count) => `${count} 项`,
  },
};

type SweptItem = Readonly<{ category: string; cite: string; through: string | null; ended: number }>;

const sweptItems = ({ fact }: Words): readonly SweptItem[] => {
  const items = fact('items');
  return Array.isArray(items) ? (items as readonly SweptItem[]) : [];
};

const sweptEn = (words: Words): string => {
  const items = sweptItems(words).map(({ category, cite, through, ended }) => {
    const name = `${words.title('category', category)} (${cite})`;
    if (ended === 0) return `${name}: nothing was due`;
    const until = through === null ? '' : ` through ${through}`;
    return `${name}: ${spans.en[words.span(category)](ended)}${until} ${endings.en[words.ending(category)]}`;
  });
  return items.length === 0 ? 'no category is ended by the clock' : items.join('; ');
};

const sweptZh = (words: Words): string => {
  const items = sweptItems(words).map(({ category, cite, through, ended }) => {
    const name = `${words.title('category', category)}（${cite}）`;
    if (ended === 0) return `${name}无到期`;
    const until = through === null ? '' : `截至 ${through} 的 `;
    return `${name}${until}${spans.zh[words.span(category)](ended)}已${endings.zh[words.ending(category)]}`;
  });
  return items.length === 0 ? '没有按期限终止的类别' : items.join('；');
};

/** What ended, when, and that nobody can bring it back (R041, R044). */
export const retentionSentences: Sentences<RetentionEvent['type']> = {
  BehaviourDayAnonymised: {
    en: (words) => {
      const category = words.text('category');
      return (
        `All ${words.title('category', category)} of ${words.text('day')} was anonymised${kept.en(words, category)}: ` +
        `its key was destroyed at ${words.time('destroyedAt')}, and nothing can link it to anybody from ${words.time('unrecoverableAt')} on.`
      );
    },
    zh: (words) => {
      const category = words.text('category');
      return (
        `${words.text('day')} 的${words.title('category', category)}已匿名化${kept.zh(words, category)}：` +
        `密钥于 ${words.time('destroyedAt')} 销毁，自 ${words.time('unrecoverableAt')} 起无法再与任何个人关联。`
      );
    },
  },
  ReadRecordEnded: {
    en: (words) =>
      `The ${words.title('category', 'audit')} of ${words.text('month')} was ended${kept.en(words, 'audit')}: ` +
      `its key was destroyed at ${words.time('destroyedAt')}, and it cannot be recovered from ${words.time('unrecoverableAt')} on.`,
    zh: (words) =>
      `${words.text('month')} 的${words.title('category', 'audit')}已终止保存${kept.zh(words, 'audit')}：` +
      `密钥于 ${words.time('destroyedAt')} 销毁，自 ${words.time('unrecoverableAt')} 起无法恢复。`,
  },
  RetentionSwept: {
    en: (words) => `The retention check of ${words.text('date')}: ${sweptEn(words)}.`,
    zh: (words) => `${words.text('date')} 的保存期限检查：${sweptZh(words)}。`,
  },
};

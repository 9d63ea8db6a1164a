import type { StatisticsEvent } from '@lacuna/domain/statistics';
import type { Sentences, Untraced } from './sentence.js';

const waiting = (remainder: unknown, words: string): string => (remainder === true ? words : '');

/** What members do shows in numbers alone (R041, R046). */
export const statisticsSentences: Sentences<Exclude<StatisticsEvent['type'], Untraced>> = {
  NightCounted: {
    en: ({ text, fact }) =>
      `The night of ${text('night')} was counted: ${text('rows')} records in ${text('cells')} figures` +
      `${waiting(fact('remainder'), '; too few people stood behind the rest, which waits for a later night')}.`,
    zh: ({ text, fact }) =>
      `${text('night')} 当晚统计完成：${text('rows')} 条记录，形成 ${text('cells')} 项统计数字` +
      `${waiting(fact('remainder'), '；其余涉及人数过少，留待以后统计')}。`,
  },
};

import type { Language } from './list-audit-trail.query.js';

type Unit = Readonly<Record<Language, (count: number) => string>>;

const unit = (one: string, many: string, zh: string): Unit => ({
  en: (count) => `${count} ${count === 1 ? one : many}`,
  zh: (count) => `${count} ${zh}`,
});

const DATE_UNITS: Readonly<Record<string, Unit>> = {
  Y: unit('year', 'years', '年'),
  M: unit('month', 'months', '个月'),
  W: unit('week', 'weeks', '周'),
  D: unit('day', 'days', '天'),
};

const TIME_UNITS: Readonly<Record<string, Unit>> = {
  H: unit('hour', 'hours', '小时'),
  M: unit('minute', 'minutes', '分钟'),
  S: unit('second', 'seconds', '秒'),
};

const partsOf = (
  text: string,
  units: Readonly<Record<string, Unit>>,
  language: Language,
): readonly string[] =>
  [...text.matchAll(/(\d+)([YMWDHS])/g)].flatMap(([, count, letter = '']) => {
    const found = units[letter];
    return found === undefined ? [] : [found[language](Number(count))];
  });

/** A period of a pack in words: `P6M` is "6 months" and “6 个月”. */
export const periodWords = (period: string, language: Language): string => {
  const [dates = '', times = ''] = period.split('T');
  return [...partsOf(dates, DATE_UNITS, language), ...partsOf(times, TIME_UNITS, language)].join(' ');
};

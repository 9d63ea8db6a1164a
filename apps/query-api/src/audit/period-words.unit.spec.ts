import { periodWords } from './period-words.js';

it.each([
  ['P6M', '6 months', '6 个月'],
  ['P5M', '5 months', '5 个月'],
  ['P1Y', '1 year', '1 年'],
  ['P1Y6M', '1 year 6 months', '1 年 6 个月'],
  ['PT24H', '24 hours', '24 小时'],
  ['P1DT1M', '1 day 1 minute', '1 天 1 分钟'],
  ['P2W', '2 weeks', '2 周'],
])('%s reads "%s" and “%s”', (period, en, zh) => {
  expect(periodWords(period, 'en')).toBe(en);
  expect(periodWords(period, 'zh')).toBe(zh);
});

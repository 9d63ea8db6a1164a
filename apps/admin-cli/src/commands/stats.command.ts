import { writeFile } from 'node:fs/promises';
import type { queryV1 } from '@lacuna/contracts';
import { answerOf, callOptions } from '../connection/server.js';
import type { CommandResult } from '../output/output.js';
import { table } from '../output/table.js';
import { withServer, type CommandContext } from './command-context.js';
import { columnChart } from './column-chart.js';

export type StatsOptions = Readonly<{
  by: string;
  from?: string;
  to?: string;
  kind?: string;
  svg?: string;
  lang: string;
}>;

const WORDS = {
  en: {
    heads: ['period', 'kind', 'merged', 'people', 'count', 'units', 'amount'],
    total: 'total',
    title: 'Behaviour',
    note: (k: number) =>
      `No figure covers fewer than ${k} people. Over longer periods people are person-days.`,
    remainder: (k: number) => `The behaviour of fewer than ${k} people waits for a later night.`,
    through: 'counted through the night of',
    none: 'no night has been counted yet',
  },
  zh: {
    heads: ['时段', '类别', '合并', '人数', '次数', '数量', '金额'],
    total: '合计',
    title: '行为统计',
    note: (k: number) => `任何数字均不少于 ${k} 人;较长时段的人数为人日。`,
    remainder: (k: number) => `另有不足 ${k} 人的行为留待以后合并统计。`,
    through: '已统计至当晚:',
    none: '尚无已统计的夜间批次',
  },
} as const;

type Words = (typeof WORDS)[keyof typeof WORDS];

/** Cents as a decimal, without going through a float. */
const inUnits = (cents: string): string => {
  const sign = cents.startsWith('-') ? '-' : '';
  const digits = cents.replace('-', '').padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

const cells = ({ period, kind, merged, people, count, units, sum }: queryV1.StatisticsRow) => [
  period,
  kind,
  merged,
  people,
  count,
  units,
  inUnits(sum),
];

const linesOf = (answer: queryV1.GetStatisticsResponse, words: Words): readonly string[] => {
  const { rows, total, k, remainder, countedThrough } = answer;
  const sums = total ? [cells({ ...total, period: words.total, kind: '', merged: '' })] : [];
  return [
    ...table([[...words.heads], ...rows.map(cells), ...sums]),
    '',
    countedThrough === '' ? words.none : `${words.through} ${countedThrough}`,
    words.note(k),
    ...(remainder ? [words.remainder(k)] : []),
  ];
};

const chartOf = ({ rows, k }: queryV1.GetStatisticsResponse, words: Words): string =>
  columnChart({
    title: words.title,
    note: words.note(k),
    columns: rows.map(({ period, kind, merged, count }) => ({
      label: [period, kind, merged].filter((word) => word !== '').join(' '),
      value: Number(count),
    })),
  });

/** `stats`: what management may see (R046, R050), as a table and, with --svg, as a chart beside it. */
export const statsCommand = (context: CommandContext, options: StatsOptions): Promise<CommandResult> =>
  withServer(context, { role: 'management' }, async (server) => {
    const request = {
      by: options.by === 'total' ? '' : options.by,
      from: options.from ?? '',
      to: options.to ?? '',
      kind: options.kind ?? '',
    };
    const answer = await answerOf<queryV1.GetStatisticsResponse>((callback) =>
      server.query.getStatistics(request, server.metadata, callOptions(), callback),
    );
    const words = WORDS[options.lang === 'zh' ? 'zh' : 'en'];
    if (options.svg !== undefined) await writeFile(options.svg, chartOf(answer, words));
    return { document: answer, lines: linesOf(answer, words), exitCode: 0 };
  });

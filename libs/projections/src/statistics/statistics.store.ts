import type { LocalDate } from '@lacuna/domain/kernel';
import { Brackets, type DataSource, type WhereExpressionBuilder } from 'typeorm';
import { readViews } from '../queries/view-source.store.js';
import { CountedNightEntity } from './counted-night.entity.js';
import { daysInside, monthsInside, type Bounds, type StatisticsRange } from './statistics-range.js';
import { StatisticsEntity } from './statistics.entity.js';

export type StatisticsFilter = StatisticsRange &
  Readonly<{
    /** Absent: one total. */
    by?: 'day' | 'month' | 'kind';
    kind?: string;
  }>;

/** `merged`: of fewer people than a cell needs, so that only the month, or nothing, is known of it. Decimal strings; `sum` in cents. */
export type StatisticsCell = Readonly<{
  period: string;
  kind: string;
  merged: '' | 'month' | 'other';
  people: string;
  count: string;
  units: string;
  sum: string;
}>;

export type StatisticsAnswer = Readonly<{ rows: readonly StatisticsCell[]; total: StatisticsCell }>;
export type StatisticsState = Readonly<{
  /** The last night that was counted. */
  countedThrough: LocalDate | null;
  /** Fewer people's than a cell needs wait for a later night. */
  remainder: boolean;
}>;

const inBounds = (level: 'day' | 'month', { from, to }: Bounds): Brackets =>
  new Brackets((where: WhereExpressionBuilder) => {
    where.where(`s.level = '${level}'`);
    if (from !== null) where.andWhere(`s.period >= :${level}From`, { [`${level}From`]: from });
    if (to !== null) where.andWhere(`s.period <= :${level}To`, { [`${level}To`]: to });
  });

const inside = (filter: StatisticsFilter): Brackets => {
  const isOpen = filter.since === undefined && filter.through === undefined && filter.kind === undefined;
  return new Brackets((where) => {
    where.where(inBounds('day', daysInside(filter))).orWhere(inBounds('month', monthsInside(filter)));
    if (isOpen) where.orWhere("s.level = 'other'");
  });
};

// What a row of an answer stands for. What fits the answer's own measure is a part of it; what does not stands apart.
const MERGED = {
  day: "CASE s.level WHEN 'day' THEN '' ELSE s.level END",
  month: "CASE s.level WHEN 'other' THEN 'other' ELSE '' END",
  kind: "CASE WHEN s.level = 'other' OR s.kind = '' THEN s.level ELSE '' END",
  total: "''",
};
const PERIOD = {
  day: 's.period',
  month: 'left(s.period, 7)',
  kind: "''",
  total: "''",
};

type Sums = Readonly<{ people: string; count: string; units: string; sum: string }>;

const summed = (rows: readonly Sums[], measure: keyof Sums): string =>
  rows.reduce((sum, row) => sum + BigInt(row[measure]), 0n).toString();

const totalOf = (rows: readonly StatisticsCell[], kind: string): StatisticsCell => ({
  period: '',
  kind,
  merged: '',
  people: summed(rows, 'people'),
  count: summed(rows, 'count'),
  units: summed(rows, 'units'),
  sum: summed(rows, 'sum'),
});

/**
 * Figures of a tenant by day, month or kind, and their total. In a range: the cells of its days, those merged into a
 * month where the whole month lies in it, and what is known of no period only without a range; so a total of two
 * ranges that meet within a month is less than that of both together, and never more.
 * By day what was merged into a month, or further, stands apart; by month and by kind only what was merged further.
 */
export const statisticsRows = async (
  source: DataSource,
  tenant: string,
  filter: StatisticsFilter = {},
): Promise<StatisticsAnswer> => {
  const measure = filter.by ?? 'total';
  const kind = filter.by === 'kind' ? 's.kind' : 'CAST(:kind AS text)';
  const query = source
    .getRepository(StatisticsEntity)
    .createQueryBuilder('s')
    .select([
      `${PERIOD[measure]} AS period`,
      `${kind} AS kind`,
      `${MERGED[measure]} AS merged`,
      'sum(s.people)::text AS people',
      'sum(s.count)::text AS count',
      'sum(s.units)::text AS units',
      'sum(s.sum)::text AS sum',
    ])
    .where('s.tenant = :tenant', { tenant, kind: filter.kind ?? '' })
    .andWhere(inside(filter))
    .groupBy('1, 2, 3')
    .orderBy('merged')
    .addOrderBy('period')
    .addOrderBy('kind');
  if (filter.kind !== undefined) query.andWhere('s.kind = :kind');
  const rows = await readViews(() => query.getRawMany<StatisticsCell>());
  const total = totalOf(rows, filter.kind ?? '');
  return { rows: filter.by === undefined ? [] : rows, total };
};

/** How far the nights have counted. */
export const statisticsState = async (source: DataSource, tenant: string): Promise<StatisticsState> => {
  const last = await readViews(() =>
    source
      .getRepository(CountedNightEntity)
      .createQueryBuilder('n')
      .where('n.tenant = :tenant', { tenant })
      .orderBy('n.position', 'DESC')
      .limit(1)
      .getOne(),
  );
  return { countedThrough: last?.night ?? null, remainder: last?.remainder === '1' };
};

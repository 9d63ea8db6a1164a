import type { Bar, Figure } from './measure.js';

export type Machine = Readonly<{ node: string; cpus: number; loadBefore: number }>;

/** A floor of 64 connections takes its share of a crowded machine 64 times, a command's one thread takes it once. */
export const busyText = ({ cpus, loadBefore }: Machine): string =>
  loadBefore <= cpus / 4
    ? ''
    : `The machine was busy before this began (load ${loadBefore.toFixed(1)} on ${cpus} CPUs): a floor of many connections ` +
      'gets more of a crowded machine than one process does. Measure again on a quiet one.\n';

const digits = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value >= 100 ? 0 : 2 });

const quantity = (value: number, unit: string): string =>
  unit.startsWith('/') ? `${digits(value)}${unit}` : `${digits(value)} ${unit}`;

const barText = (bar: Bar | null): string => {
  if (bar === null) return '';
  if ('atMost' in bar) return `<= ${bar.atMost}`;
  return `>= ${bar.atLeast}${bar.aim === undefined ? '' : ` (aim ${bar.aim})`}`;
};

const verdict = ({ holds, bar, ratio }: Figure): string => {
  if (bar === null || holds === null) return '';
  if (!holds) return 'MISSED';
  return 'aim' in bar && ratio >= bar.aim ? 'holds, aim too' : 'holds';
};

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const HEAD = ['figure', 'value', 'floor', 'ratio', 'range', 'bar', ''];

const rowOf = (figure: Figure): readonly string[] => [
  figure.name,
  quantity(figure.value, figure.unit),
  quantity(figure.floor, figure.unit),
  figure.ratio.toFixed(2),
  `${figure.lowest.toFixed(2)}-${figure.highest.toFixed(2)}`,
  barText(figure.bar),
  verdict(figure),
];

const noteOf = ({ name, floorName, rounds, parts, unit }: Figure): string => {
  const more = Object.entries(parts).map(([part, value]) => `; ${part} ${quantity(value, unit)}`);
  return `  ${name}: beside ${floorName}; ${rounds} rounds${more.join('')}`;
};

/** The figures as a person reads them: the ratio is what counts, the rest says what it is a ratio of. */
export const reportText = (figures: readonly Figure[]): string => {
  const barred = figures.filter(({ holds }) => holds !== null);
  const held = barred.filter(({ holds }) => holds).length;
  return [
    table([HEAD, ...figures.map(rowOf)]),
    '',
    ...figures.map(noteOf),
    '',
    `${held} of ${barred.length} bars hold`,
    '',
  ].join('\n');
};

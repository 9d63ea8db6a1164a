export type ColumnChart = Readonly<{
  title: string;
  note: string;
  columns: readonly Readonly<{ label: string; value: number }>[];
}>;

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 72;
const RIGHT = 16;
const TOP = 56;
const BOTTOM = 96;
const TICKS = 4;
/** Labels that fit beside each other when they stand upright. */
const MOST_LABELS = 48;

const text = (raw: string): string =>
  raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** 1, 2 or 5 times a power of ten, so that the axis has round numbers. */
const roundStep = (most: number): number => {
  const rough = Math.max(most, 1) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough) ?? 10;
  return Math.max(1, factor * power);
};

const place = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

/** A plain column chart as SVG: one column a row, values from zero, each with its number as its title. */
export const columnChart = ({ title, note, columns }: ColumnChart): string => {
  const step = roundStep(columns.reduce((most, { value }) => Math.max(most, value), 0));
  const top = step * TICKS;
  const plotWidth = WIDTH - LEFT - RIGHT;
  const plotHeight = HEIGHT - TOP - BOTTOM;
  const slot = plotWidth / Math.max(1, columns.length);
  const y = (value: number): number => TOP + plotHeight * (1 - value / top);
  const every = Math.ceil(columns.length / MOST_LABELS);
  const lines = Array.from({ length: TICKS + 1 }, (_, tick) => {
    const at = place(y(tick * step));
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" class="line"/><text x="${LEFT - 8}" y="${at}" dy="4" class="number">${(tick * step).toLocaleString('en')}</text>`;
  });
  const bars = columns.map(({ label, value }, index) => {
    const x = LEFT + index * slot;
    const from = y(Math.max(0, value));
    const middle = place(x + slot / 2);
    const under = TOP + plotHeight + 12;
    const name =
      index % every === 0
        ? `<text x="${middle}" y="${under}" transform="rotate(-60 ${middle} ${under})" class="label">${text(label)}</text>`
        : '';
    return `<rect x="${place(x + slot * 0.1)}" y="${place(from)}" width="${place(slot * 0.8)}" height="${place(TOP + plotHeight - from)}"><title>${text(label)}: ${value.toLocaleString('en')}</title></rect>${name}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${text(title)}">
<style>text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:18px}.number{text-anchor:end}.label{text-anchor:end}.line{stroke:#ddd}rect{fill:#3b6ea5}</style>
<text x="${LEFT}" y="28" class="title">${text(title)}</text>
${lines.join('\n')}
${bars.join('\n')}
<text x="${LEFT}" y="${HEIGHT - 10}">${text(note)}</text>
</svg>
`;
};

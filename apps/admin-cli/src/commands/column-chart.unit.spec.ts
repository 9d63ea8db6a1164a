import { columnChart } from './column-chart.js';

const heights = (svg: string): readonly number[] =>
  [...svg.matchAll(/<rect [^>]*height="([\d.]+)"/g)].map(([, height]) => Number(height));

describe('a column chart', () => {
  it('draws one column a row, as high as its value', () => {
    const svg = columnChart({
      title: 'Behaviour',
      note: 'k is 5',
      columns: [
        { label: '1998-01', value: 2000 },
        { label: '1998-02', value: 1000 },
        { label: '1998-03', value: 0 },
      ],
    });
    const [first = 0, second = 0, third] = heights(svg);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeCloseTo(first / 2, 0);
    expect(third).toBe(0);
    expect(svg).toContain('<title>1998-01: 2,000</title>');
    expect(svg).toContain('k is 5');
  });

  it('writes what would be markup as text', () => {
    const svg = columnChart({ title: '<b>&"', note: '', columns: [{ label: '<script>', value: 1 }] });
    expect(svg).not.toContain('<script>');
    expect(svg).toContain('&lt;b&gt;&amp;&quot;');
  });

  it('draws nothing but the axes where there is nothing', () => {
    expect(heights(columnChart({ title: 'x', note: '', columns: [] }))).toEqual([]);
  });
});

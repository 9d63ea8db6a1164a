import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { errorTable, operatorCodes } from '@lacuna/contracts';
import { loadConfig, METRICS, type MetricDeclaration, type MetricName } from '@lacuna/runtime';
import { alertQueries, dashboardQueries, faultsIn, panels, selectorsIn } from './queries.js';

/** What Prometheus itself adds to what it scrapes. */
const OF_THE_SCRAPE = ['instance', 'job'];
const apps = ['command-api', 'query-api', 'projector', 'reactor'] as const;
const queries = [...alertQueries(), ...dashboardQueries()];
const selectors = queries.flatMap(({ where, expr }) => selectorsIn(expr).map((one) => ({ where, ...one })));

const isDeclared = (name: string): name is MetricName => Object.hasOwn(METRICS, name);

/** The figure that a series belongs to: a histogram is asked by its buckets. */
const declarationOf = (series: string): MetricDeclaration | undefined => {
  const base = series.replace(/_(bucket|count|sum)$/, '');
  if (isDeclared(base) && base !== series)
    return METRICS[base].kind === 'histogram' ? METRICS[base] : undefined;
  return isDeclared(series) && METRICS[series].kind !== 'histogram' ? METRICS[series] : undefined;
};

const labelsOf = (series: string): readonly string[] => [
  ...OF_THE_SCRAPE,
  ...Object.keys(declarationOf(series)?.labels ?? {}),
  ...(series.endsWith('_bucket') ? ['le'] : []),
];

const valuesOf = (series: string, label: string): readonly string[] | null => {
  const values = declarationOf(series)?.labels?.[label];
  if (values === 'codes') return ['OK', 'INTERNAL', ...Object.keys(errorTable), ...operatorCodes];
  return Array.isArray(values) ? (values as readonly string[]) : null;
};

it.each(queries)('$where: the query is PromQL', ({ expr }) => expect(faultsIn(expr)).toEqual([]));

it('the parser sees what is no PromQL', () => {
  expect(faultsIn('sum by (x rate(y[5m])')).not.toEqual([]);
  expect(selectorsIn('sum by (le, a) (rate(b_bucket{c=~"d|e"}[5m]))')).toEqual([
    { metric: 'b_bucket', matchers: [{ label: 'c', values: ['d', 'e'] }], groups: ['le', 'a'] },
  ]);
});

it('asks for figures that there are, by labels that they have, with values that these can have', () => {
  expect(selectors.length).toBeGreaterThan(60);
  for (const { where, metric, matchers, groups } of selectors.filter(({ metric: name }) => name !== 'up')) {
    expect([where, metric, declarationOf(metric)]).not.toContain(undefined);
    const asked = [...matchers.map(({ label }) => label), ...groups];
    expect([where, asked.filter((label) => !labelsOf(metric).includes(label))]).toEqual([where, []]);
    const strange = matchers.filter(({ label, values }) => {
      const known = valuesOf(metric, label);
      return known !== null && !values.every((value) => known.includes(value));
    });
    expect([where, strange]).toEqual([where, []]);
  }
});

it('shows every figure that there is', () => {
  const asked = new Set(selectors.map(({ metric }) => metric.replace(/_bucket$/, '')));
  expect(Object.keys(METRICS).filter((name) => !asked.has(name))).toEqual([]);
});

it('is read by people of two languages', () => {
  for (const { title } of panels()) expect(title).toMatch(/\p{Script=Han}.* · [A-Z]/u);
});

it('tells of every alert what to do', () => {
  const readme = readFileSync('infra/observability/README.md', 'utf8');
  for (const { where } of alertQueries()) expect(readme).toContain(`### ${where}`);
  for (const name of Object.keys(METRICS)) expect(readme).toContain(`\`${name}\``);
});

it('scrapes every app of the distributed shape, and knows its rules', () => {
  const config = parse(readFileSync('infra/observability/prometheus.yml', 'utf8')) as {
    rule_files: string[];
    scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[];
  };
  const targets = config.scrape_configs.flatMap(({ dns_sd_configs }) => dns_sd_configs);
  const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true, maxAliasCount: -1 }) as {
    services: Record<string, { environment?: Record<string, string> }>;
  };
  const serving = Object.entries(compose.services).flatMap(([name, { environment }]) => {
    const port = /:(\d+)$/.exec(environment?.['LACUNA_HTTP_ADDRESS'] ?? '')?.[1];
    return port === undefined ? [] : [`${name}:${port}`];
  });
  expect(targets.map(({ names, port }) => `${names.join()}:${String(port)}`).sort()).toEqual(serving.sort());
  expect(config.rule_files).toEqual(['alerts.yml']);
});

it('scrapes every app of one machine where it listens by itself, under the same name', () => {
  const config = parse(readFileSync('infra/observability/prometheus.local.yml', 'utf8')) as {
    rule_files: string[];
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };
  const targets = config.scrape_configs.flatMap(({ static_configs }) =>
    static_configs.flatMap(({ targets: some }) => some),
  );
  const ports = apps.map((app) => loadConfig({}, process.cwd(), app).http.port);
  expect(targets).toEqual(ports.map((port) => `127.0.0.1:${String(port)}`));
  expect(config.rule_files).toEqual(['alerts.yml']);
  expect(config.scrape_configs.map(({ job_name }) => job_name)).toEqual(['lacuna']);
});

it('sees of every app that none of it runs, also where what has ended is no target any more', () => {
  const missing = alertQueries().filter(({ where }) => where === 'LacunaAppMissing');
  expect(missing.map(({ expr }) => expr)).toEqual(
    apps.map((app) => `absent(lacuna_build_info{app=~"${app}|standalone"})`),
  );
});

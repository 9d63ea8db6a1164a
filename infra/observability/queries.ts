import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';

/** Where a query stands, and what it asks. */
export type Query = Readonly<{ where: string; expr: string }>;

/** What one selector of a query names: a metric, the labels it filters by, and those that its result is grouped by. */
export type Selector = Readonly<{
  metric: string;
  matchers: readonly Readonly<{ label: string; values: readonly string[] }>[];
  groups: readonly string[];
}>;

type Alerts = Readonly<{
  groups: readonly Readonly<{ rules: readonly Readonly<{ alert: string; expr: string }>[] }>[];
}>;
type Panel = Readonly<{ title: string; type: string; targets?: readonly Readonly<{ expr: string }>[] }>;

const folder = join(process.cwd(), 'infra', 'observability');
const read = (...path: readonly string[]): string => readFileSync(join(folder, ...path), 'utf8');

export const alertQueries = (): readonly Query[] =>
  (parse(read('alerts.yml')) as Alerts).groups
    .flatMap(({ rules }) => rules)
    .map(({ alert, expr }) => ({ where: alert, expr }));

export const panels = (): readonly Panel[] =>
  (JSON.parse(read('grafana', 'dashboards', 'lacuna.json')) as { panels: readonly Panel[] }).panels;

export const dashboardQueries = (): readonly Query[] =>
  panels().flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ where: title, expr })));

/** Places in a query that are no PromQL. */
export const faultsIn = (expr: string): readonly string[] => {
  const faults: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) faults.push(`${String(from)}-${String(to)}`);
    },
  });
  return faults;
};

type Node = ReturnType<typeof parser.parse>['topNode'];

const children = (node: Node): readonly Node[] => {
  const found: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) found.push(child);
  return found;
};

const below = (node: Node, name: string): readonly Node[] =>
  children(node).flatMap((child) => [...(child.name === name ? [child] : []), ...below(child, name)]);

const groupsAround = (node: Node, textOf: (node: Node) => string): readonly string[] => {
  const groups: string[] = [];
  for (let outer = node.parent; outer !== null; outer = outer.parent)
    if (outer.name === 'AggregateExpr')
      for (const modifier of children(outer).filter(({ name }) => name === 'AggregateModifier'))
        groups.push(...below(modifier, 'LabelName').map(textOf));
  return groups;
};

/** Every selector of a query, with what is asked of it. */
export const selectorsIn = (expr: string): readonly Selector[] => {
  const textOf = ({ from, to }: Node): string => expr.slice(from, to);
  return below(parser.parse(expr).topNode, 'VectorSelector').map((node) => ({
    metric: textOf(children(node).find(({ name }) => name === 'Identifier') ?? node),
    matchers: below(node, 'UnquotedLabelMatcher').map((matcher) => ({
      label: textOf(below(matcher, 'LabelName')[0] ?? matcher),
      values: textOf(below(matcher, 'StringLiteral')[0] ?? matcher)
        .slice(1, -1)
        .split('|'),
    })),
    groups: groupsAround(node, textOf),
  }));
};

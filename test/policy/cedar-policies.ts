/**
 * A pack file written out as Cedar policies, straight from its YAML: it shares no code with the decision it judges,
 * neither reading nor evaluating. Masks are no part of it, since Cedar answers yes or no.
 */
export type RawRule = Readonly<{
  do?: readonly string[];
  fields?: readonly string[];
  for?: readonly string[];
  when?: Readonly<Record<string, string>>;
  person?: readonly string[];
  role?: readonly string[];
}>;

export type RawPack = Readonly<{
  roles: Readonly<Record<string, unknown>>;
  categories: Readonly<Record<string, unknown>>;
  fields: Readonly<Record<string, Readonly<{ in: string; for: readonly string[] }>>>;
  purposes: Readonly<Record<string, Readonly<{ basis: string }>>>;
  matrix: Readonly<Record<string, Readonly<Record<string, RawRule>>>>;
  deny: Readonly<Record<string, RawRule>>;
}>;

const text = (value: string): string => JSON.stringify(value);
const set = (values: readonly string[]): string => `[${values.map(text).join(', ')}]`;
const all = (conditions: readonly string[]): string =>
  conditions.length === 0 ? 'true' : conditions.join(' && ');

const actionIn = (names: readonly string[] | undefined): string =>
  names === undefined ? 'action' : `action in [${names.map((name) => `Action::${text(name)}`).join(', ')}]`;

const resourceIs = (pack: RawPack, words: readonly string[]): string =>
  `(${words
    .map((word) =>
      word in pack.categories ? `resource in Category::${text(word)}` : `resource == Field::${text(word)}`,
    )
    .join(' || ')})`;

/** An allow needs the fact; a deny is only kept off by knowing the contrary. */
const knownToBe = ([fact, value]: readonly [string, string]): string =>
  `(context has ${fact} && context.${fact} == ${text(value)})`;
const notKnownOtherwise = ([fact, value]: readonly [string, string]): string =>
  `(!(context has ${fact}) || context.${fact} == ${text(value)})`;

const permit = (pack: RawPack, role: string, rule: RawRule): string => {
  const conditions = [
    ...(rule.fields === undefined ? [] : [resourceIs(pack, rule.fields)]),
    ...(rule.for === undefined
      ? []
      : [`${set(rule.for)}.contains(context.purpose)`, 'resource.purposes.contains(context.purpose)']),
    ...Object.entries(rule.when ?? {}).map(knownToBe),
  ];
  return `permit(principal == Role::${text(role)}, ${actionIn(rule.do)}, resource) when { ${all(conditions)} };`;
};

const forbid = (pack: RawPack, rule: RawRule): string => {
  const conditions = [
    ...(rule.person === undefined ? [] : [`context.held.containsAny(${set(rule.person)})`]),
    ...(rule.role === undefined ? [] : [`${set(rule.role)}.contains(context.role)`]),
    ...(rule.fields === undefined ? [] : [resourceIs(pack, rule.fields)]),
    ...(rule.for === undefined ? [] : [`${set(rule.for)}.contains(context.purpose)`]),
    ...Object.entries(rule.when ?? {}).map(notKnownOtherwise),
  ];
  return `forbid(principal, ${actionIn(rule.do)}, resource) when { ${all(conditions)} };`;
};

/** Policies by the place in the pack they come from. */
export const cedarPolicies = (pack: RawPack): Readonly<Record<string, string>> => {
  const permits = Object.entries(pack.matrix).flatMap(([role, rules]) =>
    Object.entries(rules).map(
      ([name, rule]) => [`matrix.${role}.${name}`, permit(pack, role, rule)] as const,
    ),
  );
  const forbids = Object.entries(pack.deny).map(
    ([name, rule]) => [`deny.${name}`, forbid(pack, rule)] as const,
  );
  const never = Object.entries(pack.purposes)
    .filter(([, { basis }]) => basis === 'never')
    .map(([name]) => [`purposes.${name}`, forbid(pack, { for: [name] })] as const);
  return Object.fromEntries([...permits, ...forbids, ...never]);
};

/** A table as the attacker reads it: every cell as text, JSON taken apart into its leaves, files as tables of their lines. */
export type LootTable = Readonly<{
  name: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}>;

/** Event columns and other columns that share values, and what following them says. */
export type Link = Readonly<{ from: string; to: string; matched: number; correct: number }>;

/** A value that stands in more rows of one column than this tells nobody apart. */
const MOST_ROWS = 3;
/** Shorter values meet by chance. */
const SHORTEST = 4;

type Rows = Map<string, number[]>;

const indexOf = (table: LootTable, column: number): Rows => {
  const index: Rows = new Map();
  table.rows.forEach((row, at) => {
    const value = row[column] ?? '';
    if (value.length < SHORTEST) return;
    const rows = index.get(value);
    if (rows === undefined) index.set(value, [at]);
    else rows.push(at);
  });
  return index;
};

/** Numbers of PostgreSQL's own: joined on like any other, but one that looks like a customer's number names nobody. */
const SYSTEM = new Set(['ctid', 'xmin', 'xmax']);

/** The one member a row speaks of, by any of its cells; null: none, or several. */
const memberOfRow = (
  { columns }: LootTable,
  row: readonly string[],
  members: ReadonlyMap<string, string>,
): string | null => {
  let found: string | null = null;
  for (const [column, cell] of row.entries()) {
    const member = SYSTEM.has(columns[column] ?? '') ? undefined : members.get(cell);
    if (member === undefined || member === found) continue;
    if (found !== null) return null;
    found = member;
  }
  return found;
};

/** What names a member, wherever it stands: ids that are given, and what stands alone in a row beside one of them. */
const namesOfMembers = (
  tables: readonly LootTable[],
  ids: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> => {
  const names = new Map<string, string>(ids);
  const contested = new Set<string>();
  for (const table of tables) {
    const selective = table.columns.map((_, column) => indexOf(table, column));
    for (const row of table.rows) {
      const member = memberOfRow(table, row, ids);
      if (member === null) continue;
      row.forEach((cell, column) => {
        if ((selective[column]?.get(cell)?.length ?? MOST_ROWS + 1) > MOST_ROWS) return;
        const before = names.get(cell);
        if (before !== undefined && before !== member) contested.add(cell);
        else names.set(cell, member);
      });
    }
  }
  for (const cell of contested) if (!ids.has(cell)) names.delete(cell);
  return names;
};

/**
 * Searches every pair of columns for a join from an event to a member: the event's cell stands in another column too,
 * in a row that names a member by itself or by what stands beside a member elsewhere. `truth`: whose each event is, by
 * the row's place in `events`. The longest chains are event - row - row - member.
 */
export const searchLinks = (
  events: LootTable,
  tables: readonly LootTable[],
  ids: ReadonlyMap<string, string>,
  truth: readonly string[],
): readonly Link[] => {
  const names = namesOfMembers(tables, ids);
  const links: Link[] = [];
  const eventColumns = events.columns.map((_, column) => indexOf(events, column));
  for (const table of tables)
    table.columns.forEach((to, toColumn) => {
      const target = indexOf(table, toColumn);
      events.columns.forEach((from, fromColumn) => {
        let matched = 0;
        let correct = 0;
        for (const [value, rows] of eventColumns[fromColumn] ?? []) {
          const met = target.get(value);
          if (met === undefined || met.length > MOST_ROWS || rows.length > MOST_ROWS) continue;
          const said = met.flatMap((at) => memberOfRow(table, table.rows[at] ?? [], names) ?? []);
          const [member] = said;
          if (member === undefined) continue;
          matched += rows.length;
          correct += rows.filter((at) => truth[at] === member).length;
        }
        if (matched > 0)
          links.push({ from: `${events.name}.${from}`, to: `${table.name}.${to}`, matched, correct });
      });
    });
  return links;
};

/** The leaves of a JSON value, named by their path. */
export const leaves = (value: unknown, path = ''): readonly (readonly [string, string])[] => {
  if (typeof value !== 'object' || value === null)
    return [[path, value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
};

/** Rows of named values as a table: a column for every name there is. */
export const tableOf = (name: string, records: readonly ReadonlyMap<string, string>[]): LootTable => {
  const columns = [...new Set(records.flatMap((record) => [...record.keys()]))];
  return { name, columns, rows: records.map((record) => columns.map((column) => record.get(column) ?? '')) };
};

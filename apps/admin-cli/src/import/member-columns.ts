import type { memberV1 } from '@lacuna/contracts';
import { idNumberRule } from '@lacuna/domain/validators';
import { readColumns, readValues, type HeaderProblem, type Values } from './columns.js';
import type { DigestedRow, Row } from './read-rows.js';
import type { Reject } from './rejects-file.js';

/** A row as requests: the registration, and the identity document where the row has one. */
export type MemberRow = Readonly<{
  line: number;
  end: number;
  requestId: string;
  info: memberV1.MemberInfo;
  idNumber: string | null;
  /** Values that only one member may have: rows that share one are sent one after the other, in their order. */
  unique: readonly string[];
}>;

// The file's column names and the message's. `real_name_id` is no field of a member: it goes to a record of its own.
const infoFields = {
  customer_id: 'customerNumber',
  name: 'name',
  mobile: 'mobile',
  member_level: 'memberLevel',
  vehicle_make: 'vehicleMake',
  vehicle_model: 'vehicleModel',
  plate: 'plate',
  vin: 'vin',
  joined_on: 'joinedOn',
} as const satisfies Readonly<Record<string, keyof memberV1.MemberInfo>>;

type InfoColumn = keyof typeof infoFields;
const infoColumns = Object.keys(infoFields) as readonly InfoColumn[];
const ID_COLUMN = 'real_name_id';
const UNIQUE_COLUMNS: readonly string[] = ['customer_id', 'mobile', ID_COLUMN];

/** Every column that a member file may have. */
export const memberColumns: readonly string[] = [...infoColumns, ID_COLUMN];

/** The column names of the first row, or what is wrong with them. */
export const readHeader = (row: Row | undefined): readonly string[] | HeaderProblem =>
  readColumns(row, {
    expected: `expected columns are ${memberColumns.join(',')}`,
    isKnown: (name) => memberColumns.includes(name),
  });

// The rest is judged by the server. This one is asked before, so that a row with a bad document brings in nothing
// at all instead of a member without the document.
const idRejects = (line: number, idNumber: string | undefined): readonly Reject[] => {
  const broken = idNumber === undefined ? null : idNumberRule(ID_COLUMN, idNumber);
  return broken === null ? [] : [{ line, field: ID_COLUMN, rule: broken.rule }];
};

const infoOf = (values: Values): memberV1.MemberInfo =>
  Object.fromEntries(infoColumns.map((column) => [infoFields[column], values[column]]));

/** A row as the requests it means, or what is wrong with it as a row. What its values mean the server decides. */
export const memberRow = (columns: readonly string[], row: DigestedRow): MemberRow | readonly Reject[] => {
  const { values, rejects } = readValues(columns, row);
  const all = [...rejects, ...idRejects(row.line, values[ID_COLUMN])];
  if (all.length > 0) return all;
  return {
    line: row.line,
    end: row.end,
    requestId: row.digest,
    info: infoOf(values),
    idNumber: values[ID_COLUMN] ?? null,
    unique: UNIQUE_COLUMNS.flatMap((column) => {
      const value = values[column];
      return value === undefined ? [] : [`${column}:${value}`];
    }),
  };
};

const columnsByField: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    infoColumns.map((column) => [
      `info.${infoFields[column].replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`,
      column,
    ]),
  ),
  id_number: ID_COLUMN,
};

/** The file's name for a field that the server names in its own words. */
export const columnOf = (field: string): string =>
  columnsByField[field] ?? columnsByField[`info.${field}`] ?? field;

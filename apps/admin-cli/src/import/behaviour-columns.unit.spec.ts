import {
  behaviourColumnOf,
  behaviourRow,
  readBehaviourColumns,
  type BehaviourColumns,
} from './behaviour-columns.js';
import type { Row } from './read-rows.js';

const row = (fields: readonly (string | Buffer)[], problem: Row['problem'] = null): Row => ({
  line: 7,
  start: 600,
  end: 700,
  fields: fields.map((field) => Buffer.from(field)),
  problem,
});

const columnsOf = (header: string): BehaviourColumns => {
  const columns = readBehaviourColumns(row(header.split(',')));
  if ('problem' in columns) throw new Error(columns.problem);
  return columns;
};
const CDNOW = columnsOf('customer_id,date,cds,dollars');

it('turns a row into a behaviour; the known names of other files mean the items of the form', () => {
  expect(behaviourRow(CDNOW, 'purchase', row(['00001', '1997-01-01', '1', '11.77']))).toEqual({
    member: { $case: 'customerNumber', value: '00001' },
    kind: 'purchase',
    occurred: '1997-01-01',
    details: { units: '1', amount: '11.77' },
  });
});

it('takes a column by whatever name it has, empty or not', () => {
  const columns = columnsOf('customer_id,date,constructor,toString');
  const items = (fields: readonly string[]) => {
    const read = behaviourRow(columns, 'purchase', row(fields));
    return 'details' in read ? Object.entries(read.details) : read;
  };
  expect(items(['7', '1998-03-04', '', ''])).toEqual([]);
  expect(items(['7', '1998-03-04', 'a', 'b'])).toEqual([
    ['constructor', 'a'],
    ['toString', 'b'],
  ]);
  expect(behaviourColumnOf(columns, 'toString')).toBe('toString');
});

it('takes columns in any order and items under their own names; an empty field was not provided', () => {
  const columns = columnsOf('place,amount,occurred,units,customer_id');
  const read = behaviourRow(columns, 'purchase', row(['', '0.00', '1998-03-04T10:00:00Z', '2', '7']));
  expect(read).toEqual({
    member: { $case: 'customerNumber', value: '7' },
    kind: 'purchase',
    occurred: '1998-03-04T10:00:00Z',
    details: { amount: '0.00', units: '2' },
  });
});

it.each([
  ['columns-missing', row(['1', '1997-01-01', '1']), 'row'],
  ['columns-extra', row(['1', '1997-01-01', '1', '1', '1']), 'row'],
  ['quote', row([], 'quote'), 'row'],
  ['record-too-long', row([], 'record-too-long'), 'row'],
  ['utf-8', row(['1', '1997-01-01', Buffer.from([0xd0, 0xed, 0xd2]), '1']), 'cds'],
  ['required', row(['', '1997-01-01', '1', '1']), 'customer_id'],
  ['required', row(['1', '', '1', '1']), 'date'],
])('rejects a row: %s', (rule, bad, field) => {
  expect(behaviourRow(CDNOW, 'purchase', bad)).toEqual([{ line: 7, field, rule }]);
});

it.each([
  ['no customer', 'date,cds'],
  ['no day', 'customer_id,cds'],
  ['two days', 'customer_id,date,occurred'],
  ['an item twice', 'customer_id,date,cds,units'],
  ['a column twice', 'customer_id,date,cds,cds'],
  ['a name that is none', 'customer_id,date,1997'],
])('takes no file with %s', (_, header) => {
  expect(readBehaviourColumns(row(header.split(',')))).toMatchObject({
    problem: expect.any(String) as string,
  });
});

it('takes no empty file', () => {
  expect(readBehaviourColumns(undefined)).toMatchObject({ problem: expect.any(String) as string });
});

it('calls a field by its column in the file', () => {
  const names = ['member', 'occurred', 'units', 'amount', 'text'];
  expect(names.map((field) => behaviourColumnOf(CDNOW, field))).toEqual([
    'customer_id',
    'date',
    'cds',
    'dollars',
    'text',
  ]);
});

import { columnOf, memberColumns, memberRow, readHeader } from './member-columns.js';
import type { DigestedRow } from './read-rows.js';

const row = (fields: readonly (string | Buffer)[], problem: DigestedRow['problem'] = null): DigestedRow => ({
  line: 7,
  start: 650,
  end: 700,
  digest: 'd'.repeat(64),
  fields: fields.map((field) => Buffer.from(field)),
  problem,
});
const values = ['00001', '许一诺', '19900013907', '普通', '', '', '', '', '1997-01-01', '999999197001010017'];

it('turns a row into the requests it means; an empty field was not provided', () => {
  expect(memberRow(memberColumns, row(values))).toEqual({
    line: 7,
    end: 700,
    requestId: 'd'.repeat(64),
    info: {
      customerNumber: '00001',
      name: '许一诺',
      mobile: '19900013907',
      memberLevel: '普通',
      joinedOn: '1997-01-01',
    },
    idNumber: '999999197001010017',
    unique: ['customer_id:00001', 'mobile:19900013907', 'real_name_id:999999197001010017'],
  });
});

it('takes columns in any order, and fewer of them', () => {
  const read = memberRow(['mobile', 'name'], row(['19900013907', '许一诺']));
  expect(read).toMatchObject({ info: { name: '许一诺', mobile: '19900013907' }, idNumber: null });
});

it.each([
  ['columns-missing', row(values.slice(0, 9)), 'row'],
  ['columns-extra', row([...values, '']), 'row'],
  ['quote', row([], 'quote'), 'row'],
  ['record-too-long', row([], 'record-too-long'), 'row'],
  ['utf-8', row(['00001', Buffer.from([0xd0, 0xed, 0xd2]), ...values.slice(2)]), 'name'],
  ['id-number-checksum', row([...values.slice(0, 9), '999999197001010018']), 'real_name_id'],
])('R118 rejects %s by line, field and rule', (rule, bad, field) => {
  expect(memberRow(memberColumns, bad)).toEqual([{ line: 7, field, rule }]);
});

it.each([
  [
    'an unknown column',
    ['customer_id', 'email'],
    /column 2 .*is not known; expected columns are customer_id,name/,
  ],
  ['a column twice', ['name', 'mobile', 'name'], /column 3 .*is there twice/],
])('refuses a header with %s, without saying what it holds', (_, names, problem) => {
  const header = readHeader(row(names));
  expect(header).toEqual({ problem: expect.stringMatching(problem) as string });
  expect(JSON.stringify(header)).not.toContain('email');
});

it('refuses a file without a first line', () => {
  expect(readHeader(undefined)).toEqual({ problem: expect.stringMatching(/^the file is empty/) as string });
});

it.each([
  ['info.member_level', 'member_level'],
  ['info.customer_number', 'customer_id'],
  ['id_number', 'real_name_id'],
  ['name', 'name'],
  ['request_id', 'request_id'],
])('names %s of a request as the column %s', (field, column) => {
  expect(columnOf(field)).toBe(column);
});

import { idNumberRule, mobileRule, nameRule, pastDateRule, plateRule, textRule, vinRule } from './index.js';
import { violationsOf, type FieldRule } from './index.js';

const today = '1998-07-01';

/** `null`: good; otherwise the rule that is broken. */
const table = (rule: FieldRule, cases: readonly (readonly [string, string | null])[]) => {
  it.each(cases)('%j: %s', (value, broken) => {
    expect(rule('field', value, { today })).toEqual(
      broken === null ? null : { field: 'field', rule: broken },
    );
  });
};

describe('R118 a name', () =>
  table(nameRule, [
    ['许一诺', null],
    ['欧阳娜娜', null],
    ['阿卜杜拉·买买提', null],
    ["Anne-Marie O'Neill", null],
    ['Martin Luther King Jr.', null],
    ['José', null],
    ['𠮷田', null],
    ['\ue000小明', null],
    ['', 'required'],
    ['  ', 'required'],
    [' 许一诺', 'name'],
    ['许一诺\n', 'name'],
    ['19900000001', 'name'],
    ['许<b>', 'name'],
    ['=1+1', 'name'],
    ['许\u0000诺', 'name'],
    ['许\ud800', 'name'],
    ['许'.repeat(65), 'too-long'],
  ]));

describe('R118 a mobile number', () =>
  table(mobileRule, [
    ['19900013907', null],
    ['13800138000', null],
    ['12800138000', 'mobile'],
    ['1380013800', 'mobile'],
    ['138001380000', 'mobile'],
    ['+8613800138000', 'mobile'],
    ['138 0013 8000', 'mobile'],
    ['１３８００１３８０００', 'mobile'],
    ['13800138000\n', 'mobile'],
    ['', 'mobile'],
  ]));

describe('R118 an ID number', () => {
  table(idNumberRule, [
    ['999999197001010017', null],
    ['11010519491231002X', null], // the example of GB 11643
    ['440524188001010014', null], // the other one
    ['11010519491231002x', 'id-number'],
    ['110105491231002', 'id-number'],
    ['011010519491231002', 'id-number'],
    ['110105194912310021', 'id-number-checksum'],
    ['11010519491213002X', 'id-number-checksum'],
    ['999999197002300016', 'id-number-birthday'],
    ['999999190002290012', 'id-number-birthday'],
    ['999999199807020010', 'id-number-birthday'],
  ]);

  it('R119 agrees with birthday and sex, where they are known', () => {
    const judge = (facts: object) => idNumberRule('idNumber', '11010519491231002X', facts);
    expect(judge({ birthday: '1949-12-31', sex: 'female' })).toBeNull();
    expect(judge({ birthday: '1949-12-30' })).toEqual({
      field: 'idNumber',
      rule: 'id-number-against-birthday',
    });
    expect(judge({ sex: 'male' })).toEqual({ field: 'idNumber', rule: 'id-number-against-sex' });
  });
});

describe('R117 a plate', () =>
  table(plateRule, [
    ['粤CRPD59', null],
    ['京A12345', null],
    ['沪AD12345', null], // new energy, small
    ['粤BF1234G', 'plate'],
    ['粤B12345D', null], // new energy, large
    ['京AA12345', null],
    ['粤Z123学', 'plate'],
    ['粤Z1234港', null],
    ['京A1234I', 'plate'],
    ['京AO2345', 'plate'],
    ['京112345', 'plate'],
    ['A12345', 'plate'],
    ['台A12345', 'plate'],
    ['京a12345', 'plate'],
    ['京A·12345', 'plate'],
    ['京A1234', 'plate'],
    ['京A1234567', 'plate'],
  ]));

describe('R117 a VIN', () =>
  table(vinRule, [
    ['LZZWV3F042G700831', null],
    ['1M8GDM9AXKP042788', null], // the usual example: its check digit is X
    ['1M8GDM9A1KP042788', 'vin-check-digit'],
    ['11111111111111111', null],
    ['LZZWV3F142G700831', 'vin-check-digit'],
    ['WVWZZZ1JZ3W386752', null], // European: the ninth place is no check digit
    ['5GZCZ43D13S812715', null],
    ['5GZCZ43D23S812715', 'vin-check-digit'],
    ['LZZWV3F042G70083', 'vin'],
    ['LZZWV3F042G7008311', 'vin'],
    ['LZZWV3F042G70O831', 'vin'],
    ['LZZWV3F042G70I831', 'vin'],
    ['LZZWV3F042G70Q831', 'vin'],
    ['lzzwv3f042g700831', 'vin'],
  ]));

describe('a date that has come', () =>
  table(pastDateRule, [
    ['1998-07-01', null],
    ['1996-02-29', null],
    ['2000-02-29', 'date-in-future'],
    ['1998-07-02', 'date-in-future'],
    ['1900-02-29', 'date'],
    ['1997-02-29', 'date'],
    ['1997-13-01', 'date'],
    ['1997-04-31', 'date'],
    ['1997-1-1', 'date'],
    ['1997/01/01', 'date'],
    ['1997-00-10', 'date'],
    ['1997-01-00', 'date'],
  ]));

describe('a bounded text', () =>
  table(textRule(5), [
    ['普通', null],
    ['秦 PLU', null],
    ['', 'required'],
    [' ', 'required'],
    ['金卡 ', 'text'],
    ['金\u2028卡', 'text'],
    ['金\u0000', 'text'],
    ['金\ud800', 'text'],
    ['123456', 'too-long'],
    ['𠮷𠮷𠮷𠮷𠮷', null],
  ]));

it('R001 names a field that has no rule, even one that every object has', () => {
  const values = JSON.parse('{"idNumber":"1","__proto__":"1","toString":"1"}') as Record<string, string>;
  expect(violationsOf({ name: nameRule }, values)).toEqual([
    { field: 'idNumber', rule: 'unlisted' },
    { field: '__proto__', rule: 'unlisted' },
    { field: 'toString', rule: 'unlisted' },
  ]);
});

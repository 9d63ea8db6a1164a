import { readFileSync } from 'node:fs';
import { identityFieldRules } from '../identity/index.js';
import { violationsOf } from '../validators/index.js';
import { memberFieldRules } from './index.js';

type Row = Readonly<{ info: Record<string, string>; idNumber: string }>;

// The demo file quotes nothing: a comma stands between fields and nowhere else.
const row = (line: string): Row => {
  const [
    customerNumber,
    name,
    mobile,
    memberLevel,
    vehicleMake,
    vehicleModel,
    plate,
    vin,
    joinedOn,
    idNumber,
  ] = line.split(',');
  const info = { customerNumber, name, mobile, memberLevel, vehicleMake, vehicleModel, plate, vin, joinedOn };
  return { info: info as Record<string, string>, idNumber: idNumber ?? '' };
};

const rows = readFileSync('infra/demo/members.csv', 'utf8').trimEnd().split('\n').slice(1).map(row);

it('R117 R118 every one of the 23,570 demo members passes every rule', () => {
  const facts = { today: '1998-07-01' };
  expect(rows).toHaveLength(23_570);
  const bad = rows.flatMap(({ info }) => violationsOf(memberFieldRules, info, facts));
  expect(bad).toEqual([]);
});

it('R118 every one of their 1,205 ID numbers passes', () => {
  const numbers = rows.filter(({ idNumber }) => idNumber !== '');
  expect(numbers).toHaveLength(1205);
  const bad = numbers.flatMap(({ info, idNumber }) =>
    violationsOf(identityFieldRules, { name: info['name'], idNumber }),
  );
  expect(bad).toEqual([]);
});

it('R117 R118 a digit turned in any VIN or ID number is seen', () => {
  const turned = (text: string, place: number): string =>
    `${text.slice(0, place)}${text[place] === '1' ? '2' : '1'}${text.slice(place + 1)}`;
  const unseen = rows.filter(
    ({ info, idNumber }) =>
      violationsOf(memberFieldRules, { vin: turned(info['vin'] ?? '', 16) }).length === 0 ||
      (idNumber !== '' && violationsOf(identityFieldRules, { idNumber: turned(idNumber, 16) }).length === 0),
  );
  expect(unseen).toEqual([]);
});

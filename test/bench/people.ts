import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import type { MemberInfo, RequestFrame } from '@lacuna/application';
import type { memberV1 } from '@lacuna/contracts';

type Row = Readonly<Record<string, string>>;

/** As many people as anybody asks for: the demo file's rows in turn, each time with a telephone and number of their own. */
export type People = Readonly<{ next(): Required<MemberInfo> }>;

const DEMO_FILE = new URL('../../infra/demo/members.csv', import.meta.url);

const isComplete = (row: Row): boolean =>
  ['name', 'member_level', 'vehicle_make', 'vehicle_model', 'plate', 'vin', 'joined_on'].every(
    (column) => row[column],
  );

const infoOf = (row: Row, number: number): Required<MemberInfo> => ({
  name: row['name'] ?? '',
  mobile: `18${String(number).padStart(9, '0')}`,
  memberLevel: row['member_level'] ?? '',
  vehicleMake: row['vehicle_make'] ?? '',
  vehicleModel: row['vehicle_model'] ?? '',
  plate: row['plate'] ?? '',
  vin: row['vin'] ?? '',
  joinedOn: row['joined_on'] ?? '',
  customerNumber: String(number),
});

/** `from`: where the numbers begin, so that two processes do not name the same person. */
export const openPeople = async (from = 1): Promise<People> => {
  const parser = parse({ columns: true, bom: true, to: 5_000 });
  const rows = (await createReadStream(DEMO_FILE).pipe(parser).toArray()) as readonly Row[];
  const complete = rows.filter(isComplete);
  let number = from - 1;
  return {
    next: () => {
      number += 1;
      return infoOf(complete[number % complete.length] ?? {}, number);
    },
  };
};

export const TENANT = 'car-club';

const processing = {
  channel: 'registration',
  lawfulBasis: 'contract',
  purposes: ['service'],
  noticeVersion: '2026-01',
  provenance: 'subject',
};

let requests = 0;

/** A request of its own by somebody of this role. */
export const frameAs = (role: string): RequestFrame => ({
  caller: { tenant: TENANT, actorId: `${role}-1`, role, roles: [role], client: 'bench' },
  requestId: `bench-${String(++requests)}`,
  processing,
});

/** The same registration as a message; `sender` keeps the request ids of processes apart. */
export const registerMessage = (
  sender: string,
  index: number,
  info: Required<MemberInfo>,
): memberV1.RegisterMemberRequest => ({ requestId: `${sender}-${index}`, processing, info });

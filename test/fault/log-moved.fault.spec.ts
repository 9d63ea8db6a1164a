import type { RecordedEvent } from '@lacuna/event-store';
import { startEventStoreDbDouble, type EventStoreDbDouble } from '@lacuna/testing';
import { Fleet } from '../kafka/fleet.js';
import { recordCall, statisticsNow, walkTo, type Recording } from './product/behaviours.js';
import { Caller } from './product/calls.js';
import { callOf, memberIdOf } from './product/commands.js';
import { readOf, requestErasure } from './product/erasures.js';
import { rowsOf, wholeLog } from './product/log.js';
import { viewsCaughtUp } from './product/members.js';
import { People, service } from './product/people.js';
import { until } from './product/waiting.js';

const people = new People(7);
const GONE = ['SUBJECT_ERASED', 'MEMBER_ERASED'];

let fleet: Fleet;
let double: EventStoreDbDouble;
let caller: Caller;

beforeEach(async () => {
  double = await startEventStoreDbDouble({ maxAppendSize: 15 * 1024 * 1024 });
  fleet = new Fleet(1, { LACUNA_CLOCK: '2026-11-20T10:00+08:00' });
  await fleet.start();
  caller = new Caller(fleet);
}, 240_000);
afterEach(async () => {
  caller.close();
  await fleet.remove();
  await double.close();
}, 120_000);

const register = async (): Promise<string> => {
  const info = people.next();
  const request = { requestId: `register-${info.mobile ?? ''}`, processing: service, info };
  const done = await caller.untilAnswered(callOf({ kind: 'register', request }));
  return memberIdOf({ command: { kind: 'register', request }, ...done });
};

/** Enough people for a figure, one purchase each; it is counted in the night that follows. */
const shop = async (members: readonly string[], occurred: string, name: string): Promise<void> => {
  for (const [index, member] of members.entries()) {
    const request: Recording = {
      requestId: `${name}-${index}`,
      processing: service,
      behaviour: {
        member: { $case: 'memberId', value: member },
        kind: 'purchase',
        occurred,
        details: { units: '2', amount: '3.50' },
      },
    };
    await caller.untilAnswered(recordCall(request));
  }
};

const openNights = async (): Promise<number> => {
  const text = "SELECT from_position FROM custody.nights WHERE state = 'open' AND from_position > 0";
  return (await rowsOf(fleet, text)).length;
};

const startApps = async (): Promise<void> => {
  for (const member of fleet.members) member.start();
  await fleet.whole();
};

const move = async (from: string, to: string): Promise<void> => {
  const { code, document, errors } = await fleet.cli('copy-log', '--from', from, '--to', to);
  expect([code, errors]).toEqual([0, expect.not.stringContaining('postgres://') as string]);
  expect(document).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
};

/** Every number that a process keeps of a log, and whose log it is. */
const positions = (): Promise<readonly object[]> =>
  rowsOf(
    fleet,
    `SELECT (SELECT position FROM meta.reactor) AS reactor, (SELECT max(position) FROM meta.relay) AS relay,
       (SELECT count(*)::int FROM meta.processor) AS processors,
       (SELECT count(*)::int FROM custody.comparison) AS compared,
       (SELECT count(*)::int FROM views.build WHERE state IN ('live', 'building')) AS builds,
       (SELECT max(from_position) FROM custody.nights) AS nights, (SELECT engine FROM meta.log) AS engine`,
  );

const SET_BACK = { reactor: '0', relay: '0', processors: 0, compared: 0, builds: 0, nights: '0' };

/** The other log is refused by every app, then adopted, and all of them serve on it. */
const adopt = async (logUrl: string | null): Promise<void> => {
  fleet.keepLogAt(logUrl);
  for (const member of fleet.members) {
    member.start();
    const exit = await member.life?.exit;
    expect([member.app, exit?.code]).toEqual([member.app, 3]);
    expect(exit?.output).toContain('adopt-log');
  }
  await rowsOf(fleet, "INSERT INTO meta.relay (name, position) VALUES ('relay', 77) ON CONFLICT DO NOTHING");
  await rowsOf(fleet, 'UPDATE meta.relay SET position = 77');
  const engine = logUrl === null ? 'postgres' : 'eventstoredb';
  const { code, document } = await fleet.cli('adopt-log');
  expect([code, document]).toMatchObject([0, { engine }]);
  expect(await positions()).toEqual([{ ...SET_BACK, engine }]);
  await startApps();
};

const namesOf = (events: readonly RecordedEvent[], type: string): readonly RecordedEvent[] =>
  events.filter((event) => event.type === type);

it('a log moves to EventStoreDB and back under one database: adopted, served, every night counted once, nobody erased comes back', async () => {
  const members = await Promise.all(Array.from({ length: 8 }, register));
  const [erased = '', ...staying] = members;
  await requestErasure(caller, erased);
  await until('it is erased', async () => GONE.includes(await readOf(caller, erased)));
  await shop(staying, '2026-10-05', 'before');
  expect(await openNights()).toBe(1);

  // Not while anything is at work, and then nothing is changed.
  fleet.keepLogAt(double.connectionString);
  const before = await positions();
  const refused = await fleet.cli('adopt-log');
  expect(refused).toMatchObject({ code: 2, document: { error: { code: 'LEASE_HELD' } } });
  expect(await positions()).toMatchObject([{ engine: 'postgres', compared: 1, builds: 1 }]);
  expect(before).toHaveLength(1);
  await fleet.stopApps();

  await move(fleet.ownerUrl(), double.connectionString);
  await adopt(double.connectionString);
  const log = (): Promise<readonly RecordedEvent[]> => wholeLog(fleet, double.connectionString);
  expect(await readOf(caller, erased)).toMatch(/ERASED/);
  expect(await readOf(caller, staying[0] ?? '')).toBe('value');
  await walkTo(caller, '2026-11-21T02:00:00.000Z', () => undefined);
  await viewsCaughtUp(caller);
  expect((await statisticsNow(caller)).total).toMatchObject({ count: '7', units: '14', sum: '2450' });
  expect((await fleet.cli('replay')).document).toMatchObject({ same: true });
  // What the reactor had done is not done again.
  for (const type of ['MemberErased', 'NightCounted'])
    expect([type, namesOf(await log(), type).length]).toEqual([type, 1]);

  await shop(staying, '2026-10-05', 'between');
  expect(await openNights()).toBe(1);
  await fleet.stopApps();
  await move(double.connectionString, fleet.ownerUrl());
  await adopt(null);
  expect(await readOf(caller, erased)).toMatch(/ERASED/);
  const late = await register();
  await viewsCaughtUp(caller);
  expect(await readOf(caller, late)).toBe('value');
  await walkTo(caller, '2026-11-22T02:00:00.000Z', () => undefined);
  await viewsCaughtUp(caller);
  expect((await statisticsNow(caller)).total).toMatchObject({ count: '14', units: '28', sum: '4900' });
  expect((await fleet.cli('replay')).document).toMatchObject({ same: true });
  expect(namesOf(await wholeLog(fleet), 'MemberErased')).toHaveLength(1);
  expect(namesOf(await wholeLog(fleet), 'NightCounted')).toHaveLength(2);
}, 600_000);

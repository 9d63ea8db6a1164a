import { setTimeout as delay } from 'node:timers/promises';
import type { Caller } from '@lacuna/application';
import type { Custody, ScopedKeys } from '@lacuna/custody';
import { LacunaError } from '@lacuna/domain/kernel';
import type { DirectoryMember, ParticipantRow, ViewQueries } from '@lacuna/projections';
import { carClub } from '@lacuna/testing';
import type { QueryPorts } from '../query-api.ports.js';
import { GetRoster } from './activity.queries.js';
import { GetRosterHandler } from './get-roster.handler.js';

const ACTIVITY = '5f7f3c52-6f0e-4c1c-9a43-0a6d8b9f6b22';
const organiser: Caller = {
  tenant: 'car-club',
  actorId: 'clerk-17',
  role: 'activity-dept',
  roles: ['activity-dept'],
  client: 'desk',
};
const signUp = JSON.stringify({ details: { units: 2, amount: 0, texts: {} }, frame: null });

const keys: ScopedKeys = {
  scope: ACTIVITY,
  seal: () => ({ sealed: '' }),
  open: (field) => (field === 'details' ? signUp : null),
  id: () => '',
  stream: () => '',
  tag: () => '',
  claims: [],
};

const rows: readonly ParticipantRow[] = Array.from({ length: 30 }, (_, n) => ({
  participantId: `p-${n}`,
  eventId: `e-${n}`,
  details: { sealed: 'LS2' },
}));

const absent = (): never => {
  throw new Error('a roster does not ask this');
};

type Change = Readonly<{
  recordRead?: (memberId: string) => Promise<bigint>;
  openScopes?: (memberId: string) => Promise<readonly ScopedKeys[]>;
  pack?: Parameters<typeof carClub>[0];
}>;

const inWorld = async ({ recordRead, openScopes, pack = {} }: Change = {}) => {
  const recorded: string[] = [];
  const opened: string[] = [];
  const busy = { now: 0, most: 0 };
  const member = (memberId: string): DirectoryMember => ({
    memberId,
    status: 'live',
    registeredAt: '',
    validFrom: 1n,
    validTo: null,
    fields: { name: { sealed: memberId }, mobile: { sealed: 'mobile' } },
  });
  const custody: Partial<Custody> = {
    lookup: (_tenant, kind, value) =>
      Promise.resolve(kind === 'participant' ? value.replace('p-', 'm-') : null),
    openScopes: ({ subject }) => openScopes?.(subject) ?? Promise.resolve([keys]),
    unseal: (_tenant, values) => {
      opened.push(...values.map(({ sealed }) => sealed));
      return Promise.resolve(
        values.map(({ sealed }) => ({ kind: 'opened', plaintext: `name of ${sealed}` })),
      );
    },
  };
  const views: Partial<ViewQueries> = {
    memberById: (_tenant, memberId) => Promise.resolve({ position: 1n, member: member(memberId) }),
    activities: {
      list: absent,
      one: (_tenant, activityId) =>
        Promise.resolve({
          activityId,
          title: '',
          organiser: 'clerk-17',
          plannedEnd: '',
          state: 'announced',
          endedAt: null,
          participants: rows.length,
        }),
      participants: () => Promise.resolve(rows),
    },
  };
  const ports: QueryPorts = {
    packs: new Map([['car-club', await carClub(pack)]]),
    custody: custody as Custody,
    views: views as ViewQueries,
    recorder: {
      recordRead: async ({ memberId, category, fields }) => {
        busy.most = Math.max(busy.most, (busy.now += 1));
        await delay(1);
        busy.now -= 1;
        await recordRead?.(memberId);
        recorded.push(`${memberId} ${category} ${fields.join()}`);
        return 1n;
      },
      recordDenied: () => Promise.resolve(1n),
      recordTrailRead: absent,
    },
    clock: { kind: 'real', now: absent } as Partial<QueryPorts['clock']> as QueryPorts['clock'],
    server: { version: '', logCounts: absent, operation: absent },
  };
  const handler = new GetRosterHandler(ports);
  const read = (caller = organiser) =>
    handler.execute(new GetRoster(caller, { activityId: ACTIVITY, purpose: 'activity' }));
  return { recorded, opened, busy, read };
};

it('R049 every participant shown is one whose reads are recorded, a bounded number at once', async () => {
  const { recorded, busy, read } = await inWorld();
  const { participants, gone } = await read();
  expect(gone).toBe(0);
  expect(participants.map(({ participantId }) => participantId)).toEqual(
    rows.map(({ participantId }) => participantId),
  );
  expect(participants[3]).toEqual({
    participantId: 'p-3',
    name: 'name of m-3',
    details: { companions: '2' },
  });
  expect(recorded.sort()).toEqual(
    rows.flatMap((_, n) => [`m-${n} activity sign-up`, `m-${n} basic name`]).sort(),
  );
  expect(busy.most).toBeGreaterThan(1);
  expect(busy.most).toBeLessThanOrEqual(8);
});

it('R055 opens no field but the name; where the pack allows no name, none at all', async () => {
  const { opened, read } = await inWorld();
  await read();
  expect(opened.sort()).toEqual(rows.map((_, n) => `m-${n}`).sort());
  const bare = await inWorld({ pack: { 'matrix.activity-dept.roster.fields': ['sign-up'] } });
  expect((await bare.read()).participants[0]).toMatchObject({ name: '', details: { companions: '2' } });
  expect(bare.opened).toEqual([]);
  expect(bare.recorded).toHaveLength(rows.length);
});

it('R055 one read that cannot be recorded, and nothing is shown', async () => {
  const { read } = await inWorld({
    recordRead: (memberId) =>
      memberId === 'm-17' ? Promise.reject(new LacunaError('STORE_UNAVAILABLE')) : Promise.resolve(1n),
  });
  await expect(read()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

it('R077 whoever leaves while the roster is read is gone from it; custody down is an error', async () => {
  const leaving = await inWorld({
    recordRead: (memberId) =>
      memberId === 'm-17' ? Promise.reject(new LacunaError('SUBJECT_RESTRICTED')) : Promise.resolve(1n),
  });
  const { participants, gone } = await leaving.read();
  expect([participants.length, gone]).toEqual([29, 1]);
  const erased = await inWorld({
    openScopes: (memberId) =>
      memberId === 'm-2' ? Promise.reject(new LacunaError('SUBJECT_ERASED')) : Promise.resolve([keys]),
  });
  expect((await erased.read()).gone).toBe(1);
  const down = await inWorld({ openScopes: () => Promise.reject(new LacunaError('CUSTODY_UNAVAILABLE')) });
  await expect(down.read()).rejects.toMatchObject({ code: 'CUSTODY_UNAVAILABLE' });
});

it('fails closed: a sign-up that does not open shows nobody', async () => {
  const broken: ScopedKeys = { ...keys, open: () => null };
  const { read } = await inWorld({ openScopes: () => Promise.resolve([broken]) });
  await expect(read()).rejects.toMatchObject({ code: 'SEALED_VALUE_BROKEN' });
});

it('R049 the same department is not the same organiser', async () => {
  const { recorded, read } = await inWorld();
  await expect(read({ ...organiser, actorId: 'clerk-18' })).rejects.toMatchObject({ code: 'POLICY_DENIED' });
  expect(recorded).toEqual([]);
});

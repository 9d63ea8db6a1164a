import type { Caller, ReadRecorder } from '@lacuna/application';
import type { Custody, ScopedKeys } from '@lacuna/custody';
import type { BehaviourBody } from '@lacuna/domain/behaviour';
import { LacunaError } from '@lacuna/domain/kernel';
import type { BehaviourRow, ViewQueries } from '@lacuna/projections';
import { carClub } from '@lacuna/testing';
import type { QueryPorts } from '../query-api.ports.js';
import { ListBehaviourHandler } from './list-behaviour.handler.js';
import { ListBehaviour, type BehaviourRequest } from './list-behaviour.query.js';

const MEMBER = '7b0f3c52-6f0e-4c1c-9a43-0a6d8b9f6b11';
const EVENT = '00000000-0000-4000-8000-000000000001';
const HANDLE = '11111111-1111-4111-8111-111111111111';
const self: Caller = {
  tenant: 'car-club',
  actorId: 'subject',
  role: 'member',
  roles: ['member'],
  client: 'app',
  memberId: MEMBER,
};
const request: BehaviourRequest = {
  by: { $case: 'memberId', value: MEMBER },
  purpose: 'improvement',
  kinds: [],
  fromDay: '',
  toDay: '',
};
const body: BehaviourBody = {
  what: 'recorded',
  kind: 'purchase',
  occurred: '1998-06-30',
  details: { units: 1, amount: 1177, texts: { place: '上海' } },
  frame: {
    actor: { id: 'clerk', role: 'integrator' },
    at: '1998-06-30T01:00:00.000Z',
    processing: { channel: 'x', lawfulBasis: 'x', purposes: [], noticeVersion: null, provenance: 'x' },
  },
};

const keysOf = (scope: string, opens: string | null): ScopedKeys => ({
  scope,
  seal: () => ({ sealed: '' }),
  open: (field, eventId) => (field === 'body' && eventId === EVENT ? opens : null),
  id: (label) => (label === `handle:${EVENT}` ? HANDLE : ''),
  stream: (ordinal) => `${scope.replaceAll('-', '')}${ordinal}`,
  tag: () => '',
  claims: [],
});

type Change = Readonly<{
  custody?: Partial<Custody>;
  recordRead?: ReadRecorder['recordRead'];
  opens?: string | null;
  pack?: Parameters<typeof carClub>[0];
}>;

const absent = (): never => {
  throw new Error('a read of behaviour does not ask this');
};

/** A world of one record on 30 June; `steps` says what was asked for, in order. */
const inWorld = async ({
  custody = {},
  recordRead,
  opens = JSON.stringify(body),
  pack = {},
}: Change = {}) => {
  const steps: string[] = [];
  const row: BehaviourRow = {
    stream: 'car-club.behaviour-199806300',
    day: '1998-06-30',
    eventId: EVENT,
    body: { sealed: 'LS2' },
  };
  const behaviours: ViewQueries['behaviours'] = {
    byStreams: (_tenant, names) => {
      steps.push(`look for ${names.length} names`);
      return Promise.resolve(names.some(({ stream }) => stream === row.stream) ? [row] : []);
    },
  };
  const asked: Partial<Custody> = {
    openScopes: (_ref, category, scopes) => {
      steps.push(`keys of ${scopes.length} days of ${category}`);
      return Promise.resolve(scopes.map((scope) => keysOf(scope, opens)).reverse());
    },
    status: () => Promise.resolve({ kind: 'erased', destroyedAt: '1998-06-30T00:00:00.000Z' }),
    ...custody,
  };
  const ports: QueryPorts = {
    packs: new Map([['car-club', await carClub(pack)]]),
    custody: asked as Custody,
    views: { behaviours } as Partial<ViewQueries> as ViewQueries,
    recorder: {
      recordRead: (read) => {
        steps.push(`record ${read.category}: ${read.fields.join()}`);
        return recordRead?.(read) ?? Promise.resolve(1n);
      },
      recordDenied: ({ fields }) => {
        steps.push(`record denial: ${fields.join()}`);
        return Promise.resolve(1n);
      },
      recordTrailRead: absent,
    },
    clock: { kind: 'real', now: () => '1998-07-01T00:00:00.000Z' },
    server: { version: '', logCounts: absent, operation: absent },
  };
  const handler = new ListBehaviourHandler(ports);
  const read = async (change: Partial<BehaviourRequest> = {}, caller = self) => {
    const answer = await handler.execute(new ListBehaviour(caller, { ...request, ...change }));
    steps.push('answer');
    return answer;
  };
  return { steps, read };
};

const kinds = 'purchase,service-need,group-post,activity-participation';

it('R055 half a year is one question to custody and one statement; the read is recorded before the answer', async () => {
  const { steps, read } = await inWorld();
  expect(await read()).toEqual({
    memberId: MEMBER,
    entries: [
      {
        behaviourId: `1998-06-30.${HANDLE}`,
        day: '1998-06-30',
        kind: 'purchase',
        occurred: '1998-06-30',
        details: { units: '1', amount: '11.77', place: '上海' },
        corrected: false,
      },
    ],
    liveFrom: '1998-01-02',
  });
  expect(steps).toEqual([
    'keys of 181 days of behaviour',
    `look for ${181 * 4} names`,
    `record behaviour: ${kinds}`,
    'answer',
  ]);
});

it('R055 what cannot be recorded is not shown', async () => {
  const { steps, read } = await inWorld({
    recordRead: () => Promise.reject(new LacunaError('STORE_UNAVAILABLE')),
  });
  await expect(read()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(steps).not.toContain('answer');
});

it('fails closed: one record that does not open, and nothing is shown', async () => {
  const { steps, read } = await inWorld({ opens: null });
  await expect(read()).rejects.toMatchObject({ code: 'SEALED_VALUE_BROKEN' });
  expect(steps).not.toContain('answer');
});

it('R051 R054 what is refused is recorded and asks for no key', async () => {
  const { steps, read } = await inWorld();
  await expect(read({ purpose: '' })).rejects.toMatchObject({ code: 'PURPOSE_REQUIRED' });
  await expect(read({ kinds: ['purchase'] }, { ...self, memberId: 'another' })).rejects.toMatchObject({
    code: 'POLICY_DENIED',
  });
  expect(steps).toEqual([`record denial: ${kinds}`, 'record denial: purchase']);
});

it('R055 shows the kinds that were asked for alone, and records these', async () => {
  const { steps, read } = await inWorld();
  expect((await read({ kinds: ['group-post'] })).entries).toEqual([]);
  expect(steps).toContain('record behaviour: group-post');
});

it('asks for no day outside those that are asked for', async () => {
  const { steps, read } = await inWorld();
  await read({ fromDay: '1998-06-29', toDay: '1998-06-30' });
  expect(steps.slice(0, 2)).toEqual(['keys of 2 days of behaviour', 'look for 8 names']);
});

it('R041 the days that live follow from the pack', async () => {
  const { read } = await inWorld({ pack: { 'categories.behaviour.ceiling': 'P5M' } });
  expect((await read()).liveFrom).toBe('1998-02-02');
});

it.each([
  ['SUBJECT_ERASED', 'MEMBER_ERASED'],
  ['SUBJECT_RESTRICTED', 'MEMBER_ERASED'],
  ['CUSTODY_UNAVAILABLE', 'CUSTODY_UNAVAILABLE'],
])('A13 %s of custody is %s, never an empty list', async (code, answer) => {
  const { steps, read } = await inWorld({
    custody: { openScopes: () => Promise.reject(new LacunaError(code)) },
  });
  await expect(read()).rejects.toMatchObject({ code: answer });
  expect(steps).not.toContain('answer');
});

it('who has no keys yet did nothing yet', async () => {
  const { read } = await inWorld({
    custody: { openScopes: () => Promise.reject(new LacunaError('SUBJECT_UNPREPARED')) },
  });
  expect((await read()).entries).toEqual([]);
});

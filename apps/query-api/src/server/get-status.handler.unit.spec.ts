import type { Caller } from '@lacuna/application';
import type { Custody } from '@lacuna/custody';
import type { ViewQueries } from '@lacuna/projections';
import { carClub } from '@lacuna/testing';
import type { QueryPorts } from '../query-api.ports.js';
import { GetStatusHandler } from './get-status.handler.js';
import { GetStatus } from './server.queries.js';

const operator: Caller = {
  tenant: 'car-club',
  actorId: 'ops',
  role: 'operator',
  roles: ['operator'],
  client: 'cli',
};
const absent = (): never => {
  throw new Error('a status does not ask this');
};
const anImport = (tenant: string, nextChunk: number) => ({
  tenant,
  kind: 'purchase',
  length: 1,
  sha256: '',
  rows: 69_659,
  chunkRows: 500,
  importId: 'i',
  nextChunk,
  counts: { live: 0, countedOnly: 0, rejected: 0 },
  begunAt: '1998-06-30T16:00:00.000Z',
});

const statusWith = async (living: Readonly<Record<string, readonly string[]>>) => {
  const byClass = { scope: 0, subject: 0, lookup: 0 };
  const custody: Partial<Custody> = {
    counts: () => Promise.resolve({ living: 0, destroyed: 0, byClass, destroyedByClass: byClass }),
    rotations: () => Promise.resolve([]),
    openImports: () =>
      Promise.resolve([anImport('car-club', 3), anImport('other-club', 1), anImport('car-club', 140)]),
    livingScopes: (_tenant, category) => Promise.resolve(living[category] ?? []),
  };
  const ended = { title: '', organiser: '', plannedEnd: '', state: 'ended', participants: 1 } as const;
  const views: Partial<ViewQueries> = {
    viewStatus: () => Promise.resolve([]),
    deadlineCounts: () => Promise.resolve({}),
    activities: {
      list: () =>
        Promise.resolve([
          { ...ended, activityId: 'old', endedAt: '1998-03-01T00:00:00.000Z' },
          { ...ended, activityId: 'young', endedAt: '1998-06-01T00:00:00.000Z' },
          { ...ended, activityId: 'open', endedAt: null },
        ]),
      one: absent,
      participants: absent,
    },
  };
  const ports: QueryPorts = {
    packs: new Map([['car-club', await carClub()]]),
    custody: custody as Custody,
    views: views as ViewQueries,
    recorder: { recordRead: absent, recordDenied: absent, recordTrailRead: absent },
    clock: { kind: 'real', now: () => '1998-07-01T00:00:00.000Z' },
    server: {
      version: '',
      logCounts: () => Promise.resolve({ streams: 0, events: 0, head: '0' }),
      operation: () => Promise.resolve({ processors: [], warnings: [] }),
    },
  };
  return await new GetStatusHandler(ports).execute(new GetStatus(operator));
};

it('R041 R042 R044 names what is past its time and still has its key', async () => {
  const living = {
    behaviour: ['1997-12-31', '1998-01-01', '1998-01-02', '1998-06-30'],
    activity: ['old', 'young', 'open'],
    audit: ['1995-06', '1998-06'],
  };
  expect((await statusWith(living)).overdueRetention).toEqual([
    'behaviour 1997-12-31',
    'behaviour 1998-01-01',
    'activity old',
    'audit 1995-06',
  ]);
  expect((await statusWith({})).overdueRetention).toEqual([]);
});

it('names the imports of the caller’s organisation that are half in', async () => {
  expect((await statusWith({})).openImports).toEqual([
    'purchase: 1500 of 69659 rows in, begun 1998-06-30T16:00:00.000Z',
    'purchase: 69659 of 69659 rows in, begun 1998-06-30T16:00:00.000Z',
  ]);
});

import { createHash, randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { adminV1, behaviourV1, type queryV1 } from '@lacuna/contracts';
import { startReadStack, type ReadStack } from './read-stack.js';
import { as, processing, ReadWorld, type Method, type Who } from './read-world.js';

let stack: ReadStack;
let world: ReadWorld;
let behaviours: behaviourV1.BehaviourServiceClient;
let people: readonly string[];

const integrator = as('integrator');
const management = as('management');
const improving = { ...processing, purposes: ['improvement'] };

beforeAll(async () => {
  stack = await startReadStack();
  world = new ReadWorld(stack);
  behaviours = stack.server.client(behaviourV1.BehaviourServiceClient);
  people = await Promise.all(Array.from({ length: 6 }, () => world.member()));
}, 60_000);
afterAll(() => stack.stop());

const recording: Method<behaviourV1.RecordBehaviourRequest, behaviourV1.RecordBehaviourResponse> = (
  request,
  metadata,
  done,
) => behaviours.recordBehaviour(request, metadata, done);
const beginning: Method<behaviourV1.BeginImportRequest, behaviourV1.BeginImportResponse> = (
  request,
  metadata,
  done,
) => behaviours.beginImport(request, metadata, done);
const chunking: Method<behaviourV1.ImportChunkRequest, behaviourV1.ImportChunkResponse> = (
  request,
  metadata,
  done,
) => behaviours.importChunk(request, metadata, done);
const finishing: Method<behaviourV1.EndImportRequest, behaviourV1.EndImportResponse> = (
  request,
  metadata,
  done,
) => behaviours.endImport(request, metadata, done);
const listingImports: Method<behaviourV1.ListOpenImportsRequest, behaviourV1.ListOpenImportsResponse> = (
  request,
  metadata,
  done,
) => behaviours.listOpenImports(request, metadata, done);
const counting: Method<queryV1.GetStatisticsRequest, queryV1.GetStatisticsResponse> = (
  request,
  metadata,
  done,
) => world.queries.getStatistics(request, metadata, done);

const purchase = (memberId: string, occurred: string, amount = '1.50'): behaviourV1.Behaviour => ({
  member: { $case: 'memberId', value: memberId },
  kind: 'purchase',
  occurred,
  details: { units: '2', amount },
});
const record = (behaviour: behaviourV1.Behaviour) =>
  world.call(integrator, recording, { requestId: randomUUID(), processing: improving, behaviour });

const statistics = async (change: Partial<queryV1.GetStatisticsRequest> = {}, who: Who = management) => {
  await world.settled();
  return await world.call(who, counting, { by: '', from: '', to: '', kind: '', ...change });
};
const refused = (change: Partial<queryV1.GetStatisticsRequest>, who: Who = management) =>
  world.refused(who, counting, { by: '', from: '', to: '', kind: '', ...change });

const night = async (): Promise<void> => {
  const admin = stack.server.client(adminV1.AdminServiceClient);
  const stream = admin.advanceClock({ by: 'P1D' }, await stack.server.as(as('operator')));
  await stream.forEach(() => undefined);
  await world.settled();
};

describe('statistics', () => {
  it('R046 R050 shows management what enough people did, never fewer, and says that a remainder waits', async () => {
    expect(await statistics()).toMatchObject({
      rows: [],
      total: { count: '0', people: '0', units: '0', sum: '0' },
      k: 5,
      remainder: false,
      countedThrough: '',
    });
    for (const member of people) await record(purchase(member, '1998-06-30'));
    for (const member of people.slice(0, 3)) await record(purchase(member, '1998-06-29'));
    // Late: counted only, and nothing about anybody kept (R041).
    for (const member of people) await record(purchase(member, '1997-12-31', '0.05'));
    await night();
    const byDay = await statistics({ by: 'day' });
    expect(byDay.countedThrough).toBe('1998-07-01');
    expect(
      byDay.rows.map(({ period, count, units, sum, people }) => [period, count, units, sum, people]),
    ).toEqual([
      ['1997-12-31', '6', '12', '30', '6'],
      ['1998-06-30', '6', '12', '900', '6'],
    ]);
    // Three people of one day: too few for the day, for its month and for all.
    expect(byDay.remainder).toBe(true);
    for (const row of [...byDay.rows, byDay.total])
      expect(Number(row?.people)).toBeGreaterThanOrEqual(byDay.k);
    // Whether the few of two nights are the same people nobody can know: five of one night let them in.
    for (const member of people.slice(1)) await record(purchase(member, '1998-06-29'));
    await night();
    expect(await statistics()).toMatchObject({
      total: { count: '20', units: '40', sum: '2130' },
      remainder: false,
    });
  }, 60_000);

  it('narrows by day, month and kind', async () => {
    expect((await statistics({ by: 'month', kind: 'purchase', to: '1997-12' })).rows).toMatchObject([
      { period: '1997-12', kind: 'purchase', count: '6' },
    ]);
    expect((await statistics({ by: 'kind', from: '1998-06-30', to: '1998-06-30' })).rows).toMatchObject([
      { period: '', kind: 'purchase', count: '6' },
    ]);
    expect((await statistics({ kind: 'group-post' })).total).toMatchObject({ count: '0' });
  });

  it.each(['customer-service', 'activity-dept', 'integrator', 'operator', 'member', 'compliance-officer'])(
    'R050 R054 the role %s sees none, and the refusal shows',
    async (role) => {
      expect(await refused({}, as(role))).toMatchObject({
        grpcCode: status.PERMISSION_DENIED,
        reason: 'POLICY_DENIED',
      });
      const { entries } = await world.trail();
      const denied = entries.filter(({ eventType }) => eventType === 'PersonalDataReadDenied').at(-1);
      expect(denied).toMatchObject({
        role,
        text: expect.stringContaining('was refused to see the statistics') as unknown,
      });
    },
  );

  it('a report is about nobody: it leaves no entry of a read', async () => {
    await statistics();
    const { entries } = await world.trail();
    expect(entries.filter(({ role }) => role === 'management')).toEqual([]);
  });

  it('refuses words that are none', async () => {
    const answer = await refused({ by: 'member', from: '1998-02-30', to: '1998-13', kind: '1' });
    expect(answer.violations).toEqual([
      { field: 'by', rule: 'unlisted' },
      { field: 'from', rule: 'day-or-month' },
      { field: 'to', rule: 'day-or-month' },
      { field: 'kind', rule: 'name' },
    ]);
    for (const kind of ['mood', 'name'])
      expect(await refused({ kind })).toMatchObject({
        grpcCode: status.INVALID_ARGUMENT,
        reason: 'KIND_UNKNOWN',
      });
  });

  it('another tenant’s figures are its own', async () => {
    const stranger = { tenant: 'other-club', role: 'management' };
    expect((await statistics({}, stranger)).total).toMatchObject({ count: '0' });
  });
});

describe('an import over the wire', () => {
  const sha256 = createHash('sha256').update('a file').digest('hex');
  const file = { kind: 'purchase', length: '6', sha256, rows: '4', rejectsAfter: '0' };
  const row = (n: number, behaviour: behaviourV1.Behaviour): behaviourV1.ImportedRow => ({
    row: String(n),
    line: String(n + 2),
    behaviour,
  });
  const begin = async () => {
    const { progress } = await world.call(integrator, beginning, file);
    if (progress === undefined) throw new Error('no progress');
    return progress;
  };

  it('counts what came in, rejects line by line, and knows a chunk and a file again', async () => {
    const { importId, seed, nextChunk } = await begin();
    expect([nextChunk, seed.length]).toEqual(['0', 64]);
    const today = (await world.status()).clockNow.slice(0, 10);
    const chunk: behaviourV1.ImportChunkRequest = {
      importId,
      processing: improving,
      chunk: '0',
      rows: [
        row(0, purchase(people[0] ?? '', today)),
        row(1, purchase(people[1] ?? '', '1997-12-31')),
        row(2, purchase(randomUUID(), '1997-12-31')),
      ],
      rejects: [{ line: '5', field: 'amount', rule: 'amount' }],
    };
    const first = await world.call(integrator, chunking, chunk);
    expect(first.progress).toMatchObject({ nextChunk: '1', live: '1', countedOnly: '1', rejected: '2' });
    expect((await world.call(integrator, chunking, chunk)).progress).toMatchObject({
      nextChunk: '1',
      live: '1',
      countedOnly: '1',
      rejected: '2',
    });
    const { rejects } = await begin();
    expect(rejects.map(({ line }) => line).sort()).toEqual(['4', '5']);
    expect(JSON.stringify(rejects)).not.toContain('11.77');
    expect(await world.refused(integrator, chunking, { ...chunk, chunk: '7' })).toMatchObject({
      reason: 'IMPORT_CHUNK_INVALID',
    });
  });

  it('stands in the status and the list of open imports until it ends, then the file is known for ever', async () => {
    const { openImports } = await world.status();
    expect(openImports).toEqual([expect.stringMatching(/^purchase: 4 of 4 rows in, begun 1998-/)]);
    const { imports } = await world.call(integrator, listingImports, {});
    expect(imports).toMatchObject([{ kind: 'purchase', rows: '4', rowsIn: '4' }]);
    const importId = imports[0]?.importId ?? '';
    await world.call(integrator, finishing, { importId, complete: true });
    expect((await world.status()).openImports).toEqual([]);
    expect(await world.refused(integrator, beginning, file)).toMatchObject({ reason: 'IMPORT_COMPLETED' });
    expect(await world.refused(integrator, finishing, { importId, complete: false })).toMatchObject({
      grpcCode: status.NOT_FOUND,
      reason: 'IMPORT_UNKNOWN',
    });
  });

  it.each(['management', 'customer-service', 'activity-dept', 'operator'])(
    'R054 the role %s imports nothing',
    async (role) => {
      expect(await world.refused(as(role), beginning, file)).toMatchObject({ reason: 'POLICY_DENIED' });
      expect(await world.refused(as(role), listingImports, {})).toMatchObject({ reason: 'POLICY_DENIED' });
    },
  );
});

it('R041 status lists what is overdue: nothing, after every night', async () => {
  expect((await world.status()).overdueRetention).toEqual([]);
});

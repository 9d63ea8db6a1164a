import { createHash } from 'node:crypto';
import {
  BeginBehaviourImport,
  EndBehaviourImport,
  ImportBehaviourChunk,
  ListCompletedImports,
  ListOpenImports,
  RequestErasure,
  type BehaviourImport,
  type ImportedRow,
} from '@lacuna/application';
import { dayOf, TENANT } from './behaviour-support.js';
import { dying } from './faults.js';
import { callerAs, eventsOf, frameAs, openHouse, type House, type Instance } from './house.js';
import {
  advance,
  cellsOf,
  code,
  local,
  logOf,
  nightsOf,
  people,
  settleAt,
  totalsOf,
} from './night-support.js';

const LATE = '1998-01-01';
/** Live until the nightly run of the first day. */
const EDGE = '1998-01-02';
const LIVE = '1998-06-30';

type Rows = readonly ImportedRow[];

/** Rows of these members in turn, `line` 2 and on; days in turn, too. */
const rowsOf = (members: readonly string[], count: number, days: readonly string[]): Rows =>
  Array.from({ length: count }, (_, row) => ({
    recordId: String(row),
    line: row + 2,
    member: { memberId: members[row % members.length] ?? '' },
    kind: 'purchase',
    occurred: days[Math.floor(row / members.length) % days.length] ?? '',
    details: { units: String(1 + (row % 3)), amount: `${row}.01` },
  }));

const sumsOf = (rows: Rows) => ({
  count: rows.length,
  units: rows.reduce((sum, { details }) => sum + Number(details['units']), 0),
  sum: rows.reduce((sum, { details }) => sum + Math.round(Number(details['amount']) * 100), 0),
});

const fileOf = (name: string, rows: number) => ({
  kind: 'purchase',
  length: 1_000 + rows,
  sha256: createHash('sha256').update(name).digest('hex'),
  rows,
});

type Hands = Pick<Instance, 'run'>;

const begin = (house: Hands, name: string, rows: Rows): Promise<BehaviourImport> =>
  house.run(new BeginBehaviourImport(callerAs('integrator'), fileOf(name, rows.length)));

const sendChunk = (
  house: Hands,
  { importId, chunkRows }: BehaviourImport,
  rows: Rows,
  chunk: number,
): Promise<BehaviourImport> =>
  house.run(
    new ImportBehaviourChunk(frameAs('integrator', `${importId}#${chunk}`), {
      importId,
      chunk,
      rows: rows.slice(chunk * chunkRows, (chunk + 1) * chunkRows),
      rejects: [],
    }),
  );

/** All that the command line does, from where the import stands. */
const bringIn = async (house: Hands, name: string, rows: Rows): Promise<BehaviourImport> => {
  let at = await begin(house, name, rows);
  const { chunkRows } = at;
  for (let chunk = at.nextChunk; chunk * chunkRows < rows.length; chunk += 1)
    at = await sendChunk(house, at, rows, chunk);
  await house.run(
    new EndBehaviourImport(frameAs('integrator', `${at.importId}#end`), {
      importId: at.importId,
      complete: true,
    }),
  );
  return at;
};

describe('importing behaviour', () => {
  let house: House;
  let members: readonly string[];

  beforeEach(async () => {
    house = await openHouse();
    members = await people(house, 6);
  });
  afterEach(() => house.drop());

  it('R041 R046 brings rows in live or counted only; every copy stands with its chunk', async () => {
    const rows = rowsOf(members, 1_203, [LATE, LIVE, '1998-05-01']);
    const done = await bringIn(house, 'all', rows);
    const live = rows.filter(({ occurred }) => occurred > LATE).length;
    expect(done).toMatchObject({ live, countedOnly: rows.length - live, rejected: 0, nextChunk: 3 });
    const log = await logOf(house);
    expect(log.filter(({ type }) => type === 'BehaviourRecorded')).toHaveLength(live);
    const chunks = await eventsOf(house, `${TENANT}.night-1998-07-01`);
    expect(chunks.length).toBeLessThan(9);
    const sizes = log
      .filter(({ type }) => type === 'BehaviourRecorded')
      .map(({ data }) => JSON.stringify(data['copy']).length);
    expect(new Set(sizes).size).toBe(1);
    expect(await dayOf(house, members[0] ?? '', LIVE)).not.toHaveLength(0);
    await settleAt(house, local('1998-07-01T23:00'));
    expect(await totalsOf(house)).toEqual(sumsOf(rows));
    expect(await nightsOf(house)).toMatchObject([{ rows: 1_203, remainder: false }]);
    expect(new Set((await cellsOf(house)).map(({ level }) => level))).toEqual(new Set(['day']));
  });

  it('a chunk that comes again changes nothing; one out of turn, short or doubled is refused', async () => {
    const rows = rowsOf(members, 700, [LATE, LIVE]);
    const begun = await begin(house, 'turns', rows);
    const untouched = (await logOf(house)).length;
    await expect(sendChunk(house, begun, rows, 1)).rejects.toEqual(code('IMPORT_CHUNK_INVALID'));
    expect(await logOf(house)).toHaveLength(untouched);
    await expect(sendChunk(house, begun, rows.slice(1), 0)).resolves.toMatchObject({ nextChunk: 1 });
    const size = (await logOf(house)).length;
    expect(await sendChunk(house, begun, rows, 0)).toMatchObject({ nextChunk: 1, rejects: [] });
    expect(await logOf(house)).toHaveLength(size);
    await expect(sendChunk(house, begun, rows.slice(0, 699), 1)).rejects.toEqual(
      code('IMPORT_CHUNK_INVALID'),
    );
    const doubled = [...rows.slice(0, 699), rows[698]!];
    await expect(sendChunk(house, begun, doubled, 1)).rejects.toEqual(code('IMPORT_CHUNK_INVALID'));
    const strange = [...rows.slice(0, 699), { ...rows[699]!, recordId: '700' }];
    await expect(sendChunk(house, begun, strange, 1)).rejects.toEqual(code('IMPORT_CHUNK_INVALID'));
    const end = (complete: boolean) =>
      house.run(new EndBehaviourImport(frameAs('integrator'), { importId: begun.importId, complete }));
    await expect(end(true)).rejects.toEqual(code('IMPORT_CHUNK_INVALID'));
    await end(false);
    await expect(sendChunk(house, begun, rows, 1)).rejects.toEqual(code('IMPORT_UNKNOWN'));
  });

  it('a chunk is written while the one before it is under way, and counted behind it; further ahead it is refused', async () => {
    const rows = rowsOf(members, 3_300, [LATE, LIVE, '1998-05-01']);
    const begun = await begin(house, 'beside', rows);
    const sent = [0, 1, 2, 3, 4, 5].map((chunk) => sendChunk(house, begun, rows, chunk));
    const answers = await Promise.allSettled(sent);
    expect(answers.slice(0, 5)).toEqual(
      [1, 2, 3, 4, 5].map((nextChunk) => ({
        status: 'fulfilled',
        value: expect.objectContaining({ nextChunk }) as BehaviourImport,
      })),
    );
    // Five at once are held in memory, no more.
    expect(answers[5]).toMatchObject({ reason: code('IMPORT_CHUNK_INVALID') });
    await bringIn(house, 'beside', rows);
    await settleAt(house, local('1998-07-01T23:00'));
    expect(await totalsOf(house)).toEqual(sumsOf(rows));
    expect((await logOf(house)).filter(({ type }) => type === 'BehaviourRecorded')).toHaveLength(
      rows.filter(({ occurred }) => occurred > LATE).length,
    );
  });

  it('where a chunk fails, the one behind it is not counted; sent again, both are, once', async () => {
    const rows = rowsOf(members, 1_000, [LATE, LIVE]);
    const spoilt = rows.map((row, index) => (index === 3 ? { ...row, kind: 'lottery' } : row));
    const begun = await begin(house, 'failing', rows);
    const pair = [sendChunk(house, begun, spoilt, 0), sendChunk(house, begun, rows, 1)];
    const [first, second] = await Promise.allSettled(pair);
    expect(first).toMatchObject({ reason: code('KIND_UNKNOWN') });
    expect(second).toMatchObject({ reason: code('IMPORT_CHUNK_INVALID') });
    expect(await begin(house, 'failing', rows)).toMatchObject({ nextChunk: 0, live: 0, countedOnly: 0 });
    const done = await bringIn(house, 'failing', rows);
    expect(done.live + done.countedOnly).toBe(1_000);
    await settleAt(house, local('1998-07-01T23:00'));
    expect(await totalsOf(house)).toEqual(sumsOf(rows));
  });

  it('abandoned while its chunks are under way it is gone, and each of them is answered', async () => {
    const rows = rowsOf(members, 2_000, [LIVE]);
    const begun = await begin(house, 'given up', rows);
    const chunks = [0, 1, 2, 3].map((chunk) => sendChunk(house, begun, rows, chunk));
    const abandon = (importId: string) =>
      house.run(new EndBehaviourImport(frameAs('integrator'), { importId, complete: false }));
    await chunks[0];
    await abandon(begun.importId);
    for (const one of await Promise.allSettled(chunks.slice(1)))
      if (one.status === 'rejected') expect(one.reason).toEqual(code('IMPORT_UNKNOWN'));
    await expect(abandon(begun.importId)).rejects.toEqual(code('IMPORT_UNKNOWN'));
    expect(await house.ask(new ListOpenImports(callerAs('integrator')))).toEqual([]);
    expect(await begin(house, 'given up', rows)).toMatchObject({ nextChunk: 0, live: 0 });
  });

  it('refused rows are rejects by line, field and rule; a refusal of the call ends it', async () => {
    const rows = rowsOf(members, 12, [LATE, LIVE]);
    const bad: readonly Partial<ImportedRow>[] = [
      { member: { customerNumber: 'nobody' } },
      { occurred: '1998-02-30' },
      { occurred: '1999-01-01' },
      { details: { units: 'x', amount: '1.001' } },
      { details: { units: '1', amount: '1.00', colour: 'red' } },
      { member: {} },
    ];
    const spoilt = rows.map((row, index) => ({ ...row, ...bad[index] }));
    const begun = await begin(house, 'rejects', spoilt);
    const [spare] = spoilt.slice(-1);
    const answer = await house.run(
      new ImportBehaviourChunk(frameAs('integrator'), {
        importId: begun.importId,
        chunk: 0,
        rows: spoilt.slice(0, -1),
        rejects: [{ line: spare!.line, field: 'row', rule: 'quote' }],
      }),
    );
    const rejects = [
      { line: 13, field: 'row', rule: 'quote' },
      { line: 2, field: 'member', rule: 'member-unknown' },
      { line: 3, field: 'occurred', rule: 'date' },
      { line: 4, field: 'occurred', rule: 'date-in-future' },
      { line: 5, field: 'units', rule: 'units' },
      { line: 5, field: 'amount', rule: 'amount' },
      { line: 6, field: 'details', rule: 'unlisted' },
      { line: 7, field: 'memberId', rule: 'required' },
    ];
    const byLine = (all: BehaviourImport['rejects']) =>
      [...all].sort((one, other) => one.line - other.line || one.field.localeCompare(other.field));
    expect(byLine(answer.rejects)).toEqual(byLine(rejects));
    expect(answer).toMatchObject({ live: 5, countedOnly: 0, rejected: 7 });
    // Taken up again it says all that it refused.
    expect(byLine((await begin(house, 'rejects', spoilt)).rejects)).toEqual(byLine(rejects));
    const text = JSON.stringify(await logOf(house), (_, value: unknown) =>
      typeof value === 'bigint' ? '' : value,
    );
    expect(text).not.toContain('nobody');
    const kinds = spoilt.map((row) => ({ ...row, kind: 'group-post' }));
    const other = await house.run(
      new BeginBehaviourImport(callerAs('integrator'), { ...fileOf('posts', 12), kind: 'group-post' }),
    );
    await expect(sendChunk(house, other, kinds, 0)).rejects.toEqual(code('FIELD_INVALID'));
    expect(await house.ask(new ListOpenImports(callerAs('integrator')))).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ importId: other.importId, rowsIn: 0, rows: 12 }),
      ]) as object,
    );
  });

  it('remembers a file for ever, lets no second one of its kind in beside it, and asks who imports', async () => {
    const rows = rowsOf(members, 30, [LATE]);
    const begun = await begin(house, 'one', rows);
    await expect(begin(house, 'other', rows)).rejects.toEqual(code('IMPORT_UNDER_WAY'));
    await expect(begin(house, 'one', rows.slice(1))).rejects.toEqual(code('IMPORT_UNDER_WAY'));
    expect(await begin(house, 'one', rows)).toEqual(begun);
    await bringIn(house, 'one', rows);
    const completed = await house.ask(new ListCompletedImports(callerAs('integrator'), 'behaviour-purchase'));
    expect(completed).toEqual([{ ...fileOf('one', 30), kind: 'behaviour-purchase' }]);
    await expect(begin(house, 'one', rows)).rejects.toEqual(code('IMPORT_COMPLETED'));
    expect(await house.ask(new ListOpenImports(callerAs('integrator')))).toEqual([]);
    for (const kind of ['name', 'sign-up'])
      await expect(
        house.run(new BeginBehaviourImport(callerAs('integrator'), { ...fileOf('x', 3), kind })),
      ).rejects.toEqual(code('KIND_UNKNOWN'));
    await expect(house.run(new BeginBehaviourImport(callerAs('management'), fileOf('x', 3)))).rejects.toEqual(
      code('POLICY_DENIED'),
    );
    await expect(
      house.run(
        new BeginBehaviourImport({ ...callerAs('integrator'), tenant: 'other-club' }, fileOf('one', 30)),
      ),
    ).resolves.toMatchObject({ nextChunk: 0 });
  });

  it('two importers of one file bring it in once', async () => {
    const rows = rowsOf(members, 1_500, [LATE, LIVE, '1998-06-29']);
    const twin = await house.instance();
    const results = await Promise.allSettled([bringIn(house, 'both', rows), bringIn(twin, 'both', rows)]);
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    for (const one of results)
      if (one.status === 'rejected')
        expect(['IMPORT_UNKNOWN', 'IMPORT_CHUNK_INVALID', 'IMPORT_COMPLETED', 'REVISION_CONFLICT']).toContain(
          (one.reason as { code: string }).code,
        );
    await settleAt(house, local('1998-07-01T23:00'));
    expect(await totalsOf(house)).toEqual(sumsOf(rows));
    expect((await logOf(house)).filter(({ type }) => type === 'BehaviourRecorded')).toHaveLength(
      rows.filter(({ occurred }) => occurred > LATE).length,
    );
  });

  it('R041 a nightly run falls into an import: its day is counted only from then on, and the totals are the same', async () => {
    const rows = rowsOf(members, 1_100, [LATE, EDGE, LIVE]);
    const begun = await begin(house, 'night', rows);
    const first = await sendChunk(house, begun, rows, 0);
    await settleAt(house, local('1998-07-01T23:00'));
    const done = await bringIn(house, 'night', rows);
    const edge = rows.filter(({ occurred }, index) => occurred === EDGE && index < 500).length;
    const live = rows.filter(({ occurred }) => occurred === LIVE).length;
    expect(first.live).toBe(
      edge + rows.filter(({ occurred }, index) => occurred === LIVE && index < 500).length,
    );
    expect(done).toMatchObject({ live: live + edge, countedOnly: rows.length - live - edge });
    await advance(house, 'P1D');
    expect(await totalsOf(house)).toEqual(sumsOf(rows));
  });

  it('a member erased in the middle is rejected from then on, and what was counted stays counted', async () => {
    const [gone = ''] = members;
    const rows = rowsOf([...members], 1_000, [LATE, LIVE]);
    const begun = await begin(house, 'erased', rows);
    await sendChunk(house, begun, rows, 0);
    await house.run(
      new RequestErasure(
        { ...frameAs('integrator'), processing: { ...frameAs('integrator').processing, lawfulBasis: 'law' } },
        { memberId: gone, reason: 'exit', categories: [] },
      ),
    );
    const done = await bringIn(house, 'erased', rows);
    const lost = rows.slice(500).filter(({ member }) => member.memberId === gone);
    expect(done).toMatchObject({ rejected: lost.length });
    await settleAt(house, local('1998-07-01T23:00'));
    expect(await totalsOf(house)).toEqual(sumsOf(rows.filter((row) => !lost.includes(row))));
  });

  describe('E02 dies at every step, and is taken up by another process', () => {
    // begin; keys of six days, the first and the last; six live rows, the first, one and the last; the copies; the place
    // in the import; the file that is remembered; the end
    const STEPS = [0, 1, 6, 7, 9, 12, 13, 14, 15, 16];
    const few = () => rowsOf(members, 12, [LATE, EDGE]);

    it.each(STEPS.flatMap((at) => [[at, 'before'] as const, [at, 'after'] as const]))(
      'at step %i, %s it; then at once, or in the next night',
      async (at, when) => {
        const rows = few();
        const death = dying(at, when);
        const mortal = await house.instance(death);
        await bringIn(mortal, 'crash', rows).catch(() => undefined);
        // Every second death is found only after the night in which it happened, when EDGE has closed, too.
        if (at % 2 === 0) await settleAt(house, local('1998-07-01T23:00'));
        await bringIn(house, 'crash', rows).catch((error: unknown) => {
          expect(error).toEqual(code('IMPORT_COMPLETED'));
        });
        await advance(house, 'P1D');
        expect(await totalsOf(house)).toEqual(sumsOf(rows));
        expect(
          (await logOf(house)).filter(({ type }) => type === 'BehaviourRecorded').length,
        ).toBeLessThanOrEqual(6);
        expect(await house.ask(new ListOpenImports(callerAs('integrator')))).toEqual([]);
      },
    );

    it('the steps above are all of them', async () => {
      const [last, none] = [dying(16, 'after'), dying(17, 'before')];
      await bringIn(await house.instance(none), 'whole', few());
      const others = rowsOf(members, 12, ['1997-12-01', '1998-01-03']);
      await bringIn(await house.instance(last), 'last', others).catch(() => undefined);
      expect([last.isDead(), none.isDead()]).toEqual([true, false]);
    });
  });
});

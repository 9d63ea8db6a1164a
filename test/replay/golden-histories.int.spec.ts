import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '@lacuna/domain/catalogue';
import { allProjections, replay, viewsSchema, type Projection } from '@lacuna/projections';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { goldenHistories, logOf, type GoldenHistory } from './golden-log.js';

/** `history at position / view@version` -> digest. A line that stands is never rewritten: a view that changes gets a new version. */
type Digests = Record<string, string>;

const FILE = join(import.meta.dirname, 'digests.json');
const committed = (existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {}) as Digests;
const histories = goldenHistories();

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase(viewsSchema);
});
afterAll(() => database.drop());

/** At the end, and halfway: what was there before an erasure must come back the same as well. */
const replayed = async (
  { name, events }: GoldenHistory,
  projections: readonly Projection[] = allProjections,
): Promise<Digests> => {
  const digests: Digests = {};
  for (const end of [Math.ceil(events.length / 2), events.length]) {
    const { position } = events[end - 1]!;
    const report = await replay({
      store: logOf(events),
      databaseUrl: database.runtimeUrl,
      asOf: { position },
      projections,
    });
    for (const view of report.views) {
      expect(view).toMatchObject({ position, parkedStreams: 0 });
      digests[`${name} at ${position.toString()} / ${view.name}@${view.version}`] = view.digest;
    }
  }
  return digests;
};

it.each(histories)('$name gives the bytes that it gave when it was recorded', async (history) => {
  const digests = await replayed(history);
  // LACUNA_RECORD_DIGESTS=1 adds what is missing (a new history, a new version of a view) and changes nothing else.
  if (process.env['LACUNA_RECORD_DIGESTS']) {
    Object.assign(committed, { ...digests, ...committed });
    const sorted = Object.fromEntries(Object.entries(committed).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(FILE, `${JSON.stringify(sorted, null, 2)}\n`);
  }
  for (const [key, digest] of Object.entries(digests)) {
    const known = committed[key];
    expect(
      known ? { key, digest } : { key, digest: `not recorded: set LACUNA_RECORD_DIGESTS=1 once` },
    ).toEqual({
      key,
      digest: known,
    });
  }
});

it('a view that is edited without a new version gives other bytes, and with one has none recorded', async () => {
  const history = histories.find(({ name }) => name === 'one-member-s-life')!;
  const edited = allProjections.map((one) => ({
    ...one,
    operations: (event: Parameters<typeof one.operations>[0]) =>
      one
        .operations(event)
        .map((operation) =>
          operation.kind === 'insert' && 'tenant' in operation.row
            ? { ...operation, row: { ...operation.row, tenant: `not-${String(operation.row['tenant'])}` } }
            : operation,
        )
        .filter(({ kind }) => kind === 'insert'),
  }));
  const digests = await replayed(history, edited);
  // Halfway none of these views is empty; at the end of this history the directory is.
  const filled = ['audit-trail', 'deadlines', 'member-directory'];
  const halfway = Object.entries(digests).filter(
    ([key]) => key.includes(' at 8 ') && filled.some((name) => key.includes(`/ ${name}@`)),
  );
  expect(halfway).toHaveLength(filled.length);
  for (const [key, digest] of halfway) {
    expect(committed[key]).toMatch(/^[0-9a-f]{64}$/);
    expect(digest).not.toBe(committed[key]);
  }
  const newer = await replayed(
    history,
    allProjections.map((one) => ({ ...one, version: 99 })),
  );
  expect(Object.keys(newer).some((key) => key in committed)).toBe(false);
});

it('the histories together hold every event of the catalogue', () => {
  const seen = new Set(histories.flatMap(({ events }) => events.map(({ type }) => type)));
  expect([...seen].sort()).toEqual([...new Set(catalogue.entries.map(({ type }) => type))].sort());
});

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import {
  createCustody,
  createFileKms,
  custodySchema,
  type CustodyService,
  type ImportFile,
} from '../index.js';

const TENANT = 'car-club';
const NOW = '1998-07-01T00:00:00.000Z';

let database: FreshDatabase;
let folder: string;
let custody: CustodyService;
let second: CustodyService;

const connect = (): Promise<CustodyService> =>
  createCustody({
    connectionString: database.runtimeUrl,
    kms: createFileKms({ file: join(folder, 'keys'), backupFile: join(folder, 'keys.backup') }),
  });

beforeAll(async () => {
  database = await freshDatabase(custodySchema);
  folder = mkdtempSync(join(tmpdir(), 'lacuna-custody-'));
  custody = await connect();
  second = await connect();
});

afterAll(async () => {
  await Promise.all([custody.close(), second.close()]);
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code: string }).code,
  );

let files = 0;
const file = (more: Partial<ImportFile> = {}): ImportFile => ({
  tenant: TENANT,
  kind: 'purchase',
  length: 1_000 + (files += 1),
  sha256: 'ab'.repeat(32),
  rows: 1_001,
  chunkRows: 500,
  ...more,
});

const result = (live: number, countedOnly = 0, rejects: readonly string[] = []) => ({
  counts: { live, countedOnly, rejected: rejects.length },
  rejects: rejects.map((field, row) => ({ line: row + 2, field, rule: 'REQUIRED' })),
});

it('E02 takes a file up where it stands, with the same order and the same ids, over restarts and rotations', async () => {
  const one = file();
  const begun = await Promise.all([custody.beginImport(one, NOW), second.beginImport(one, NOW)]);
  expect(begun[1]).toEqual(begun[0]);
  const [state] = begun;
  expect(state).toMatchObject({ ...one, nextChunk: 0, begunAt: NOW, rejects: [] });
  expect(state.seed).toMatch(/^[0-9a-f]{64}$/);
  const ids = await Promise.all([0, 1, 2].map((chunk) => custody.chunkId(TENANT, state.importId, chunk)));
  expect(new Set(ids).size).toBe(3);
  const other = await custody.beginImport(file(), NOW);
  expect(other.seed).not.toBe(state.seed);
  expect(other.importId).not.toBe(state.importId);
  expect(await custody.chunkId(TENANT, other.importId, 0)).not.toBe(ids[0]);

  await custody.endImport(TENANT, other.importId);
  await custody.rotate(NOW, '1998-07');
  expect((await custody.rotations()).map(({ keyClass }) => keyClass)).toEqual(['lookup']);
  const fresh = await connect();
  for (const own of [custody, second, fresh]) {
    expect({ ...(await own.importState(TENANT, state.importId)), rejects: [] }).toEqual(state);
    expect(await own.chunkId(TENANT, state.importId, 2)).toBe(ids[2]);
  }
  await fresh.close();
});

it('counts a chunk once, in its turn, however often and by however many it is sent', async () => {
  const sent = file();
  const { importId } = await custody.beginImport(sent, NOW);
  const first = result(300, 198, ['units', 'amount']);
  expect(await code(custody.completeChunk(TENANT, importId, 1, result(1)))).toBe('IMPORT_CHUNK_INVALID');
  const counted = await Promise.all(
    [custody, second, custody, second].map((own) => own.completeChunk(TENANT, importId, 0, first)),
  );
  expect(counted.filter((one) => one !== null)).toEqual([first.counts]);
  const both = { live: 300, countedOnly: 698, rejected: 2 };
  expect(await custody.completeChunk(TENANT, importId, 1, result(0, 500))).toEqual(both);
  expect(await second.completeChunk(TENANT, importId, 0, first)).toBeNull();
  expect(await second.completeChunk(TENANT, importId, 2, result(1))).toEqual({ ...both, live: 301 });
  // Past its end there is no chunk.
  expect(await code(custody.completeChunk(TENANT, importId, 3, result(1)))).toBe('IMPORT_CHUNK_INVALID');
  expect(await second.beginImport(sent, NOW)).toMatchObject({
    nextChunk: 3,
    counts: { live: 301, countedOnly: 698, rejected: 2 },
    rejects: [
      { line: 2, field: 'units', rule: 'REQUIRED' },
      { line: 3, field: 'amount', rule: 'REQUIRED' },
    ],
  });
});

it('F04 gives what was refused some thousands of lines at a time, each line whole', async () => {
  const sent = file({ rows: 12_000, chunkRows: 12_000 });
  const { importId } = await custody.beginImport(sent, NOW);
  const rejects = Array.from({ length: 24_000 }, (_, at) => ({
    line: 12_001 - (at % 12_000),
    field: at < 12_000 ? 'units' : 'amount',
    rule: 'REQUIRED',
  }));
  await custody.completeChunk(TENANT, importId, 0, {
    counts: { live: 0, countedOnly: 0, rejected: 12_000 },
    rejects,
  });
  const pages: number[] = [];
  const lines: number[] = [];
  for (let after = 0; ;) {
    const page = (await custody.beginImport(sent, NOW, after)).rejects;
    if (page.length === 0) break;
    pages.push(page.length);
    lines.push(...page.map(({ line }) => line));
    after = lines.at(-1) ?? 0;
  }
  expect(pages).toEqual([10_000, 10_000, 4_000]);
  expect(lines).toEqual(Array.from({ length: 24_000 }, (_, at) => 2 + Math.floor(at / 2)));
  expect(await code(custody.beginImport(sent, NOW, -1))).toBe('CUSTODY_ARGUMENT_INVALID');
});

it('forgets an import at its end: seed, ids and rejects; the same file then begins anew', async () => {
  const one = file();
  const { importId, seed } = await custody.beginImport(one, NOW);
  await custody.completeChunk(TENANT, importId, 0, result(0, 0, ['units']));
  const open = (await custody.openImports()).find((each) => each.importId === importId);
  expect(open).toMatchObject({ nextChunk: 1, counts: { rejected: 1 } });
  expect(JSON.stringify(await custody.openImports())).not.toContain(seed);
  const before = (await custody.counts()).byClass.lookup;
  await custody.endImport(TENANT, importId);
  await second.endImport(TENANT, importId);
  expect((await custody.counts()).byClass.lookup).toBe(before - 1);
  expect(await custody.importState(TENANT, importId)).toBeNull();
  expect((await custody.openImports()).some((each) => each.importId === importId)).toBe(false);
  expect(await code(custody.chunkId(TENANT, importId, 0))).toBe('IMPORT_UNKNOWN');
  expect(await code(custody.completeChunk(TENANT, importId, 1, result(1)))).toBe('IMPORT_UNKNOWN');
  const anew = await custody.beginImport(one, NOW);
  expect(anew).toMatchObject({ nextChunk: 0, rejects: [] });
  expect(anew.seed).not.toBe(seed);
});

it('is each tenant’s own, and refuses what is no import', async () => {
  const { importId } = await custody.beginImport(file(), NOW);
  expect(await custody.importState('other-club', importId)).toBeNull();
  expect(await code(custody.chunkId('other-club', importId, 0))).toBe('IMPORT_UNKNOWN');
  await custody.endImport('other-club', importId);
  expect(await custody.importState(TENANT, importId)).not.toBeNull();
  const bad = [
    custody.beginImport(file({ sha256: 'x' }), NOW),
    custody.beginImport(file({ chunkRows: 0 }), NOW),
    custody.beginImport(file({ rows: 1.5 }), NOW),
    custody.beginImport(file(), 'yesterday'),
    custody.importState(TENANT, 'x'),
    custody.completeChunk(TENANT, randomUUID(), -1, result(1)),
    custody.completeChunk(TENANT, randomUUID(), 0, result(-1)),
    // It would be counted, and stand on no page.
    custody.completeChunk(TENANT, importId, 0, {
      ...result(1),
      rejects: [{ line: 0, field: 'units', rule: 'REQUIRED' }],
    }),
  ];
  expect(await Promise.all(bad.map(code))).toEqual(bad.map(() => 'CUSTODY_ARGUMENT_INVALID'));
});

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import type { behaviourV1 } from '@lacuna/contracts';
import { CliError, RefusedError } from '../output/cli-error.js';
import { importBehaviour, type BehaviourCounts, type ImportCalls } from './import-behaviour.js';
import { RejectsFile } from './rejects-file.js';

const CHUNK = 10;
const SEED = '5'.repeat(64);

/** A server that keeps what the port promises: one chunk after the other, each once, its rejects with it. */
class Server implements ImportCalls {
  readonly sent: behaviourV1.ImportChunkRequest[] = [];
  readonly began: behaviourV1.BeginImportRequest[] = [];
  readonly ended: behaviourV1.EndImportRequest[] = [];
  next = 0;
  live = 0;
  rejects: behaviourV1.ImportReject[] = [];
  /** What comes before the answer of the n-th call of chunk: thrown after the chunk was taken. */
  lost = new Map<number, Error>();
  calls = 0;

  begin = (request: behaviourV1.BeginImportRequest) => {
    this.began.push(request);
    // Two lines at a time, in their order.
    const left = this.rejects.filter(({ line }) => Number(line) > Number(request.rejectsAfter));
    const page = left.sort((one, other) => Number(one.line) - Number(other.line)).slice(0, 2);
    return Promise.resolve({ progress: this.progress(page) });
  };

  chunk = (request: behaviourV1.ImportChunkRequest) => {
    const call = this.calls++;
    let rejects: behaviourV1.ImportReject[] = [];
    if (Number(request.chunk) === this.next) {
      this.sent.push(request);
      const refused = request.rows.filter(({ behaviour }) => behaviour?.details['units'] === 'x');
      rejects = [...request.rejects, ...refused.map(({ line }) => ({ line, field: 'units', rule: 'units' }))];
      this.next += 1;
      this.live += request.rows.length - refused.length;
      this.rejects.push(...rejects);
    }
    const error = this.lost.get(call);
    return error ? Promise.reject(error) : Promise.resolve({ progress: this.progress(rejects) });
  };

  end = (request: behaviourV1.EndImportRequest) => {
    this.ended.push(request);
    return Promise.resolve({});
  };

  private progress(rejects: readonly behaviourV1.ImportReject[]): behaviourV1.ImportProgress {
    return {
      importId: 'import-1',
      seed: SEED,
      nextChunk: String(this.next),
      chunkRows: CHUNK,
      live: String(this.live),
      countedOnly: '0',
      rejected: String(new Set(this.rejects.map(({ line }) => line)).size),
      rejects: [...rejects],
    };
  }
}

const passing = (): CliError =>
  new RefusedError({
    grpcCode: status.UNAVAILABLE,
    reason: 'CUSTODY_UNAVAILABLE',
    message: 'try again',
    violations: [],
    errorId: null,
  });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lacuna-import-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const digestOf = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

const fileOf = (lines: readonly string[]): string =>
  ['customer_id,date,cds,dollars', ...lines].join('\n') + '\n';
const goodLines = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${index},1998-03-04,${index},1.00`);

const bringIn = async (text: string, server: Server, knownBytes = 0): Promise<BehaviourCounts> => {
  const path = join(folder, 'file.csv');
  await writeFile(path, text);
  return sendFile(path, server, knownBytes);
};

const runOf = (path: string, calls: Server) => ({
  path,
  kind: 'purchase',
  processing: {
    channel: 'registration',
    lawfulBasis: 'contract',
    purposes: ['improvement'],
    noticeVersion: '1',
    provenance: 'subject',
  },
  calls,
  rejects: new RejectsFile(join(folder, 'rejects.csv')),
  progress: { reading: () => undefined, sending: () => undefined },
});

const sendFile = async (path: string, server: Server, knownBytes = 0): Promise<BehaviourCounts> => {
  const known = (await readFile(path)).subarray(0, knownBytes);
  const run = { ...runOf(path, server), knownPart: { bytes: knownBytes, sha256: digestOf(known) } };
  try {
    return await importBehaviour(run);
  } finally {
    run.rejects.close();
  }
};

const rejectsFile = async (): Promise<string> => readFile(join(folder, 'rejects.csv'), 'utf8');
const customersOf = (server: Server): readonly number[] =>
  server.sent.flatMap(({ rows }) => rows.map(({ behaviour }) => Number(behaviour?.member?.value)));

it('sends every row once, in chunks, in an order that is not the file’s', async () => {
  const server = new Server();
  const text = fileOf(goodLines(95));
  const counts = await bringIn(text, server);
  expect(counts).toEqual({ rows: 95, known: 0, live: 95, countedOnly: 0, rejected: 0 });
  expect(server.sent).toHaveLength(10);
  const order = customersOf(server);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 95 }, (_, index) => index));
  expect(order.filter((value, at) => order[at + 1] === value + 1).length).toBeLessThan(10);
  expect(server.began[0]).toEqual({
    kind: 'purchase',
    length: String(Buffer.byteLength(text)),
    sha256: createHash('sha256').update(text).digest('hex'),
    rows: '95',
    rejectsAfter: '0',
  });
  expect(server.ended).toEqual([{ importId: 'import-1', complete: true }]);
});

it('names a row by its number among those to bring in, and its line in the file', async () => {
  const server = new Server();
  await bringIn(fileOf(goodLines(25)), server);
  for (const { row, line, behaviour } of server.sent.flatMap(({ rows }) => rows)) {
    expect(Number(line)).toBe(Number(row) + 2);
    expect(behaviour?.member?.value).toBe(row);
  }
});

it('goes on with the chunk that is next, and ends with the same counts', async () => {
  const text = fileOf(goodLines(57));
  const whole = new Server();
  await bringIn(text, whole);
  const server = new Server();
  server.lost.set(3, new CliError(2, 'nobody there'));
  await expect(bringIn(text, server)).rejects.toThrow('nobody there');
  const counts = await sendFile(join(folder, 'file.csv'), server);
  expect(counts.live).toBe(57);
  expect(customersOf(server)).toEqual(customersOf(whole));
});

it('writes rejects of reader and server in the order of the file, also those of a chunk whose answer was lost', async () => {
  const lines = [...goodLines(40)];
  lines[3] = '3,1998-03-04,x,1.00';
  lines[11] = '11,1998-03-04,"1';
  lines[30] = '30,1998-03-04';
  for (const lost of [0, 1, 2, 3]) {
    const server = new Server();
    server.lost.set(lost, passing());
    const counts = await bringIn(fileOf(lines), server);
    expect(counts).toMatchObject({ rows: 40, live: 37, rejected: 3 });
    expect(await rejectsFile()).toBe('line,field,rule\n5,cds,units\n13,row,quote\n32,row,columns-missing\n');
  }
});

it('brings in only what follows the part that is known', async () => {
  const server = new Server();
  const known = fileOf(goodLines(30));
  const counts = await bringIn(`${known}a,1998-03-04,1,1\nb,1998-03-04,1,1\n`, server, known.length);
  expect(counts).toEqual({ rows: 32, known: 30, live: 2, countedOnly: 0, rejected: 0 });
  expect(server.sent.flatMap(({ rows }) => rows.map(({ line }) => line)).sort()).toEqual(['32', '33']);
});

it('begins nothing for a file that is known to its end', async () => {
  const server = new Server();
  const text = fileOf(goodLines(5));
  expect(await bringIn(text, server, text.length)).toMatchObject({ rows: 5, known: 5, live: 0 });
  expect(server.began).toEqual([]);
});

it('reads no file on that was changed meanwhile', async () => {
  const server = new Server();
  const path = join(folder, 'file.csv');
  const begin = server.begin;
  server.begin = async (request) => {
    await utimes(path, new Date(), new Date(Date.now() + 5_000));
    return begin(request);
  };
  await expect(bringIn(fileOf(goodLines(5)), server)).rejects.toThrow('was changed');
  expect(server.sent).toEqual([]);
});

it('reads no file on whose beginning, which came in before, is another one by now', async () => {
  const server = new Server();
  const [before, after] = [fileOf(goodLines(30)), fileOf(goodLines(40)).replace('7,1998', '9,1998')];
  const path = join(folder, 'file.csv');
  await writeFile(path, after);
  const run = (knownPart: { bytes: number; sha256: string }) =>
    importBehaviour({ ...runOf(path, server), knownPart });
  await expect(run({ bytes: before.length, sha256: digestOf(before) })).rejects.toThrow('was changed');
  expect(server.began).toEqual([]);
});

it('takes an end whose answer was lost as done', async () => {
  const server = new Server();
  let calls = 0;
  server.end = () => {
    calls += 1;
    return Promise.reject(calls === 1 ? passing() : new CliError(1, 'gone', { reason: 'IMPORT_UNKNOWN' }));
  };
  expect(await bringIn(fileOf(goodLines(5)), server)).toMatchObject({ live: 5 });
  const stranger = new Server();
  stranger.end = () => Promise.reject(new CliError(1, 'gone', { reason: 'IMPORT_UNKNOWN' }));
  await expect(bringIn(fileOf(goodLines(5)), stranger)).rejects.toThrow('gone');
});

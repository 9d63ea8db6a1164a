import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadSync } from '@grpc/proto-loader';
import { protoFiles, protoRoot } from './transport/proto-files.js';
import { services } from './transport/services.js';

const contracts = join(process.cwd(), 'libs', 'contracts');
const bin = join(process.cwd(), 'node_modules', '.bin');
const run = promisify(execFile);
const buf = (args: readonly string[], cwd = contracts) => run(join(bin, 'buf'), [...args], { cwd });

const filesOf = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      paths.sort().map(async (path) => [path.slice(folder.length), await readFile(path, 'utf8')] as const),
    ),
  );
};

let copy: string;
beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), 'lacuna-proto-'));
  await cp(join(contracts, 'proto'), join(copy, 'proto'), { recursive: true });
  await cp(join(contracts, 'buf.yaml'), join(copy, 'buf.yaml'));
});
afterEach(() => rm(copy, { recursive: true }));

it('the protos keep buf’s STANDARD rules', async () => {
  await expect(buf(['lint'])).resolves.toBeDefined();
});

it('the protos break no client of the committed baseline', async () => {
  await expect(buf(['breaking', '--against', 'proto.baseline.binpb'])).resolves.toBeDefined();
});

it('a field that changes its number is found', async () => {
  const file = join(copy, 'proto/lacuna/member/v1/member_service.proto');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('optional string mobile = 2;', 'optional string mobile = 20;'));
  const against = join(contracts, 'proto.baseline.binpb');
  await expect(buf(['breaking', '--against', against], copy)).rejects.toMatchObject({
    stdout: expect.stringContaining('mobile') as unknown,
  });
});

it('the generated code is what the protos generate', async () => {
  const template = (await readFile(join(contracts, 'buf.gen.yaml'), 'utf8')).replace(
    '../../node_modules/.bin',
    bin,
  );
  await writeFile(join(copy, 'buf.gen.yaml'), template);
  await buf(['generate'], copy);
  const fresh = await filesOf(join(copy, 'src/generated'));
  expect(fresh.size).toBeGreaterThan(5);
  expect(await filesOf(join(contracts, 'src/generated'))).toEqual(fresh);
});

it('any loader finds the services by the exported paths', () => {
  const loaded = Object.keys(loadSync([...protoFiles], { includeDirs: [protoRoot] }));
  for (const [name, service] of Object.entries(services)) expect(loaded).toContain(`${name}.${service.name}`);
});

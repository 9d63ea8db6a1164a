import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { runCli } from '../../apps/admin-cli/src/run.js';
import { startReadStack, type ReadStack } from './read-stack.js';
import { ReadWorld } from './read-world.js';

type Shown = Readonly<{
  attributes?: Readonly<Record<string, string>>;
  data?: unknown;
  cursor?: string;
  records?: number;
}>;

let stack: ReadStack;
let home: string;
const members: string[] = [];

beforeAll(async () => {
  stack = await startReadStack();
  home = mkdtempSync(join(tmpdir(), 'lacuna-follow-'));
  const world = new ReadWorld(stack);
  for (let n = 0; n < 5; n += 1) members.push(await world.member());
});
afterAll(async () => {
  await stack.stop();
  rmSync(home, { recursive: true });
});
afterEach(() => jest.restoreAllMocks());

/** `npx lacuna events follow` with these arguments, as a role: its exit code and what it wrote. */
const follow = async (role: string, ...args: readonly string[]) => {
  let stdout = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text: string | Uint8Array) => {
    stdout += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const { token } = await stack.server.issuer.issue({ tenant: 'car-club', role });
  const environment = { LACUNA_HOME: home, LACUNA_TOKEN: token };
  const code = await runCli(['--server', stack.server.url, ...args], environment, process.cwd());
  return {
    code,
    stdout,
    documents: () =>
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Shown),
  };
};
const keysOf = (documents: readonly Shown[]) =>
  documents.flatMap(({ attributes }) => attributes?.['partitionkey'] ?? []);

it('shows what is published, as many as asked for, and the cursor that the rest follows', async () => {
  const first = await follow(
    'downstream',
    '--json',
    'events',
    'follow',
    '--context',
    'member',
    '--limit',
    '2',
  );
  expect(first.code).toBe(0);
  const shown = first.documents();
  expect(keysOf(shown)).toEqual(members.slice(0, 2));
  expect(shown[0]?.data).toEqual({ memberId: members[0] });
  const { cursor, records } = shown.at(-1)!;
  expect(records).toBe(2);
  const rest = await follow('downstream', '--json', 'events', 'follow', '--from', cursor!, '--limit', '3');
  expect(keysOf(rest.documents())).toEqual(members.slice(2));
});

it('shows lines to people, and goes on from the end until something comes', async () => {
  const { code, stdout } = await follow('downstream', 'events', 'follow', '--limit', '1');
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^\\S+Z {2}member {2}MemberRegistered {2}${members[0]!} {2}\\{.*\\}\n$`));
  const coming = follow('downstream', '--json', 'events', 'follow', '--from', 'end', '--limit', '1');
  await new Promise((resolve) => setTimeout(resolve, 500));
  const member = await new ReadWorld(stack).member({ mobile: '13988880000' });
  expect(keysOf((await coming).documents())).toEqual([member]);
});

it('ends with what was refused: a finding by rule, wrong usage otherwise', async () => {
  expect((await follow('integrator', 'events', 'follow', '--limit', '1')).code).toBe(1);
  expect((await follow('downstream', 'events', 'follow', '--from', 'nonsense')).code).toBe(2);
  expect((await follow('downstream', 'events', 'follow', '--context', 'reads')).code).toBe(2);
  expect((await follow('downstream', 'events', 'follow', '--limit', '0')).code).toBe(2);
});

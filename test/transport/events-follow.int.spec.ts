import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { removeServerAddresses, writeServerAddresses, type ServerAddresses } from '@lacuna/runtime';
import { appendLines, id, openSocketFront, registered, type SocketFront } from '@lacuna/testing';
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

/** Whether the server is found through the home. */
let isHere = false;
afterEach(() => (isHere = false));

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
  const where = isHere ? [] : ['--server', stack.server.url];
  const code = await runCli([...where, ...args], environment, process.cwd());
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
  const rest = ['--json', 'events', 'follow', '--context', 'member', '--from', cursor!, '--limit', '3'];
  expect(keysOf((await follow('downstream', ...rest)).documents())).toEqual(members.slice(2));
  const other = rest.map((word) => (word === 'member' ? 'behaviour' : word));
  expect(await follow('downstream', ...other)).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('CURSOR_INVALID') as string,
  });
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

it('the last cursor is that of the last record shown, however much comes at once', async () => {
  const world = new ReadWorld(stack);
  const coming = follow('downstream', '--json', 'events', 'follow', '--from', 'end', '--limit', '3');
  await delay(500);
  const alone = await world.member({ mobile: '13777770000' });
  await delay(300);
  const together = [1, 2, 3, 4, 5].map((n) => id(0x700 + n));
  await appendLines(stack.store, ...together.map((memberId) => registered({ memberId })));
  const shown = (await coming).documents();
  expect([keysOf(shown), shown.at(-1)!.records]).toEqual([[alone, ...together.slice(0, 2)], 3]);
  const { cursor } = shown.at(-1)!;
  const rest = await follow('downstream', '--json', 'events', 'follow', '--from', cursor!, '--limit', '3');
  expect(keysOf(rest.documents())).toEqual(together.slice(2));
});

const addresses = (grpc: string): ServerAddresses => ({
  app: 'query-api',
  pid: process.pid,
  grpc,
  http: '127.0.0.1:1',
  startedAt: new Date().toISOString(),
});

/** The stack as a query-api of the home, behind a port that can go away and come again elsewhere. */
const openHere = async (): Promise<SocketFront> => {
  const front = await openSocketFront(0, Number(stack.server.url.split(':')[1]));
  writeServerAddresses(home, addresses(`127.0.0.1:${front.port}`));
  return front;
};

it('G01 goes on from the last cursor when its server has gone and another one has come, and misses nothing', async () => {
  isHere = true;
  const before = await openHere();
  const coming = follow('downstream', '--json', 'events', 'follow', '--from', 'end', '--limit', '2');
  await delay(500);
  const world = new ReadWorld(stack);
  const one = await world.member({ mobile: '13966660001' });
  await delay(500);
  removeServerAddresses(home, addresses(''));
  await before.close();
  const other = await world.member({ mobile: '13966660002' });
  await delay(1_500);
  const after = await openHere();
  const { code, documents } = await coming;
  expect([code, keysOf(documents())]).toEqual([0, [one, other]]);
  removeServerAddresses(home, addresses(''));
  await after.close();
}, 60_000);

it('waits for no server that was never there', async () => {
  isHere = true;
  expect(await follow('downstream', 'events', 'follow')).toMatchObject({ code: 2 });
});

it.each([
  ['while it waits for something to come', 800],
  ['before its token is made', 0],
])('interrupted %s, it ends in order with the cursor to go on from', async (_when, afterMs) => {
  const coming = follow('downstream', '--json', 'events', 'follow', '--from', 'end');
  while (process.listenerCount('SIGINT') === 0) await delay(1);
  await delay(afterMs);
  process.emit('SIGINT');
  const { code, documents } = await coming;
  expect([code, documents().at(-1)]).toEqual([0, { cursor: expect.any(String) as string, records: 0 }]);
});

it('ends with what was refused: a finding by rule, wrong usage otherwise', async () => {
  expect((await follow('integrator', 'events', 'follow', '--limit', '1')).code).toBe(1);
  expect((await follow('downstream', 'events', 'follow', '--from', 'nonsense')).code).toBe(2);
  expect((await follow('downstream', 'events', 'follow', '--context', 'reads')).code).toBe(2);
  expect((await follow('downstream', 'events', 'follow', '--limit', '0')).code).toBe(2);
});

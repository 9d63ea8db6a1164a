import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  removeServerAddresses,
  serversOf,
  writeDatabaseAccess,
  writeServerAddresses,
  type AppName,
  type ServerAddresses,
} from '@lacuna/runtime';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lacuna-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const addresses = (app: AppName, pid: number): ServerAddresses => ({
  app,
  pid,
  grpc: '127.0.0.1:1',
  http: '127.0.0.1:2',
  startedAt: app === 'reactor' ? '1998-07-01T00:00:00.000Z' : '1998-07-01T00:00:01.000Z',
});

it('tells where the running processes are, the oldest first, and of none that was killed', () => {
  expect(serversOf(home)).toEqual([]);
  const here = [addresses('reactor', process.pid), addresses('command-api', process.pid)];
  const { pid } = spawnSync('true');
  for (const one of [addresses('query-api', pid), ...here.toReversed()]) writeServerAddresses(home, one);
  expect(serversOf(home)).toEqual(here);
  expect(readdirSync(join(home, 'servers'))).toHaveLength(2);
  for (const one of here) removeServerAddresses(home, one);
  expect(serversOf(home)).toEqual([]);
});

it('lets nobody else read how the database is opened', () => {
  writeDatabaseAccess(home, { ownerUrl: 'postgres://owner:pw@127.0.0.1:1/x' });
  expect(statSync(join(home, 'database.json')).mode & 0o777).toBe(0o600);
});

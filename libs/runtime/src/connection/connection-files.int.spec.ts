import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  readServerAddresses,
  removeServerAddresses,
  writeDatabaseAccess,
  writeServerAddresses,
} from '@lacuna/runtime';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lacuna-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const addresses = { grpc: '127.0.0.1:1', http: '127.0.0.1:2', startedAt: '1998-07-01T00:00:00.000Z' };

it('tells where the running server is, and of none that was killed', () => {
  expect(readServerAddresses(home)).toBeNull();
  writeServerAddresses(home, { pid: process.pid, ...addresses });
  expect(readServerAddresses(home)).toEqual({ pid: process.pid, ...addresses });
  const { pid } = spawnSync('true');
  writeServerAddresses(home, { pid, ...addresses });
  expect(readServerAddresses(home)).toBeNull();
  removeServerAddresses(home);
  expect(readServerAddresses(home)).toBeNull();
});

it('lets nobody else read how the database is opened', () => {
  writeDatabaseAccess(home, { ownerUrl: 'postgres://owner:pw@127.0.0.1:1/x' });
  expect(statSync(join(home, 'database.json')).mode & 0o777).toBe(0o600);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, writeServerAddresses, type AppName } from '@lacuna/runtime';
import { targetOf } from './targets.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lacuna-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const config = (more: Readonly<Record<string, string>> = {}) =>
  loadConfig({ LACUNA_HOME: home, ...more }, '/srv/club', 'admin-cli');

const runs = (app: AppName, grpc: string | null, pid = process.pid): void =>
  writeServerAddresses(home, {
    app,
    pid,
    grpc,
    http: '127.0.0.1:1',
    startedAt: `1998-07-01T00:00:0${pid % 10}Z`,
  });

it('goes to the process of the home that serves it, and says which is missing', () => {
  runs('command-api', '127.0.0.1:50051');
  runs('projector', null);
  expect(targetOf(config(), 'command', undefined)).toBe('127.0.0.1:50051');
  expect(() => targetOf(config(), 'admin', undefined)).toThrow(/no reactor is running here/);
  runs('standalone', '127.0.0.1:7');
  expect(targetOf(config(), 'admin', undefined)).toBe('127.0.0.1:7');
});

it('knows several of a kind, so that the next is tried where one has ended', () => {
  runs('query-api', '127.0.0.1:50052');
  runs('standalone', '127.0.0.1:50051');
  expect(targetOf(config(), 'query', undefined)).toMatch(/^ipv4:127\.0\.0\.1:5005\d,127\.0\.0\.1:5005\d$/);
});

it('goes where it is told to, before anywhere else', () => {
  runs('reactor', '127.0.0.1:50054');
  const told = config({ LACUNA_ADMIN_URL: 'there:1' });
  expect(targetOf(told, 'admin', undefined)).toBe('there:1');
  expect(targetOf(told, 'admin', 'elsewhere:2')).toBe('elsewhere:2');
});

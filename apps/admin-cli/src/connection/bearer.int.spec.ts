import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoIssuerOptions, loadConfig, openDemoIssuer } from '@lacuna/runtime';
import { bearer, tokenFor } from './bearer.js';

const caller = { tenant: 'car-club', role: 'integrator' };
const RENEW_MS = 20;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lacuna-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const config = (more: Readonly<Record<string, string>> = {}) =>
  loadConfig({ LACUNA_HOME: home, ...more }, '/srv/club', 'admin-cli');

const until = async (holds: () => boolean): Promise<void> => {
  const deadline = performance.now() + 10_000;
  while (!holds() && performance.now() < deadline) await sleep(RENEW_MS);
};

it('calls with the token that the file has now, and with the last one where it has none', async () => {
  const LACUNA_TOKEN_FILE = join(home, 'token');
  writeFileSync(LACUNA_TOKEN_FILE, 'first\n');
  const { metadata, close } = await bearer(config({ LACUNA_TOKEN_FILE }), caller, RENEW_MS);
  const carried = (): unknown => metadata.get('authorization')[0];
  expect(carried()).toBe('Bearer first');
  writeFileSync(LACUNA_TOKEN_FILE, 'second\n');
  await until(() => carried() === 'Bearer second');
  expect(carried()).toBe('Bearer second');
  for (const none of [() => writeFileSync(LACUNA_TOKEN_FILE, ''), () => rmSync(LACUNA_TOKEN_FILE)]) {
    none();
    await sleep(5 * RENEW_MS);
    expect(carried()).toBe('Bearer second');
  }
  close();
  writeFileSync(LACUNA_TOKEN_FILE, 'third\n');
  await sleep(5 * RENEW_MS);
  expect(carried()).toBe('Bearer second');
});

it('makes another demo token before the one it calls with has expired', async () => {
  mkdirSync(join(home, 'keys'));
  await openDemoIssuer(demoIssuerOptions(home, ['127.0.0.1']));
  const { metadata, close } = await bearer(config(), caller, RENEW_MS);
  const first = metadata.get('authorization')[0];
  await until(() => metadata.get('authorization')[0] !== first);
  expect(metadata.get('authorization')[0]).not.toBe(first);
  close();
});

it('says what is missing where there is neither a token nor a demo issuer', async () => {
  await expect(tokenFor(config(), caller)).rejects.toThrow(/no demo issuer.*LACUNA_TOKEN/);
});

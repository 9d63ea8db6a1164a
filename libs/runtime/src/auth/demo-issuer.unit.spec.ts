import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLoopback, openDemoIssuer } from './demo-issuer.js';
import { localKeySet } from './key-set.js';
import { createTokenVerifier } from './token-verifier.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lacuna-issuer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (bindAddresses: readonly string[]) =>
  openDemoIssuer({
    keyFile: join(folder, 'demo.pem'),
    bindAddresses,
    issuer: 'demo',
    audience: 'lacuna',
  });

it('issues what the verifier takes, and again after a restart with the same key', async () => {
  const first = await open(['127.0.0.1', '::1']);
  const second = await open(['127.0.0.1']);
  expect(second.jwks).toEqual(first.jwks);
  const verifier = createTokenVerifier({
    keys: localKeySet(second.jwks),
    issuer: 'demo',
    audience: 'lacuna',
  });
  const { token, expiresInSeconds } = await first.issue({ tenant: 'car-club', role: 'operator' });
  expect(await verifier.verify(token)).toMatchObject({
    tenant: 'car-club',
    role: 'operator',
    roles: ['operator'],
  });
  expect(expiresInSeconds).toBeLessThanOrEqual(3_600);
});

it('shows no private part of its key', async () => {
  const [key] = (await open(['127.0.0.1'])).jwks.keys;
  expect(Object.keys(key!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
});

it.each([['0.0.0.0'], ['::'], ['192.168.1.4'], ['localhost'], ['127.0.0.1.evil.example'], ['']])(
  'does not exist where %p is a bind address',
  async (address) => {
    await expect(open(['127.0.0.1', address])).rejects.toMatchObject({ code: 'BIND_NOT_LOOPBACK' });
    expect(isLoopback(address)).toBe(false);
  },
);

it('does not exist without a bind address', async () => {
  await expect(open([])).rejects.toMatchObject({ code: 'BIND_NOT_LOOPBACK' });
});

it('makes a key file for its owner alone, and refuses one that others can read', async () => {
  await open(['127.0.0.1']);
  const file = join(folder, 'demo.pem');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  chmodSync(file, 0o640);
  await expect(open(['127.0.0.1'])).rejects.toMatchObject({ code: 'KEY_FILE_EXPOSED' });
});

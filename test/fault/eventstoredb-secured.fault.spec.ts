import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventStoreDbStore } from '@lacuna/event-store';
import { startEventStoreDbDouble, type EventStoreDbDouble } from '@lacuna/testing';
import { aRequest, wholeLog } from './eventstoredb-samples.js';

const user = { username: 'lacuna', password: 'pass word:1' };
let folder: string;
let double: EventStoreDbDouble;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lacuna-tls-'));
  const [key, certificate] = [join(folder, 'node.key'), join(folder, 'node.crt')];
  const names = 'subjectAltName=IP:127.0.0.1';
  const make = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=node -addext ${names}`;
  execFileSync('openssl', [...make.split(' '), '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const tls = { certificate: readFileSync(certificate), key: readFileSync(key) };
  double = await startEventStoreDbDouble({ nodes: 3, user, tls });
});
afterAll(async () => {
  await double.close();
  rmSync(folder, { recursive: true });
});

const connectionString = (name: string, password: string, query: string): string =>
  `esdb://${encodeURIComponent(name)}:${encodeURIComponent(password)}@127.0.0.1:${String(double.ports[1])},127.0.0.1:${String(double.ports[2])}?${query}`;

const trusting = (): string => `tls=true&tlsCAFile=${encodeURIComponent(join(folder, 'node.crt'))}`;

it('takes TLS, its authority, name and password from the connection string, and finds the leader', async () => {
  const store = await openEventStoreDbStore({
    connectionString: connectionString(user.username, user.password, trusting()),
  });
  expect((await store.append(aRequest())).kind).toBe('appended');
  expect(await wholeLog(store)).toHaveLength(1);
  await store.close();
});

it.each([
  ['a wrong password', () => connectionString(user.username, 'hunter2-secret', trusting())],
  ['nobody', () => connectionString(user.username, user.password, trusting()).replace(/\/\/.*@/, '//')],
  ['an authority that is not trusted', () => connectionString(user.username, user.password, 'tls=true')],
])('is refused with %s, and repeats nothing of it', async (_name, string) => {
  const error: unknown = await openEventStoreDbStore({
    connectionString: string(),
    reconnectMs: 300,
    answerMs: 300,
  }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('hunter2');
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  credentials,
  makeGenericClientConstructor,
  status,
  type ChannelCredentials,
  type ServiceError,
} from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { protoPackages } from '@lacuna/contracts';
import { BehaviourScript, behaviourModules } from './behaviour-doubles.js';
import { carClub } from './command-doubles.js';
import { startTestServer, type TestServer } from './grpc-harness.js';

const packages = protoPackages.filter((name) => !['lacuna.query.v1', 'lacuna.integration.v1'].includes(name));
const HealthClient = makeGenericClientConstructor(healthService, 'Health');

let folder: string;
let server: TestServer;

/** A certificate that signs itself, for an address. */
const certify = (name: string, address: string): Readonly<{ cert: Buffer; key: Buffer }> => {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', `/CN=${name}`],
    ...['-addext', `subjectAltName=IP:${address}`, '-keyout', key, '-out', cert],
  ]);
  expect(made.status).toBe(0);
  return { cert: readFileSync(cert), key: readFileSync(key) };
};

const ask = (channel: ChannelCredentials): Promise<string> =>
  new Promise((resolve) => {
    const client = new HealthClient(server.url, channel);
    client['check']?.(
      { service: '' },
      { deadline: Date.now() + 5_000 },
      (error: ServiceError | null, answer?: { status: string }) => {
        client.close();
        resolve(error === null ? String(answer?.status) : status[error.code]);
      },
    );
  });

let certificate: Readonly<{ cert: Buffer; key: Buffer }>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lacuna-tls-'));
  certificate = certify('server', '127.0.0.1');
  const modules = behaviourModules(new BehaviourScript(), await carClub());
  server = await startTestServer(packages, modules, { certificate });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

it('R031 serves over TLS where it has a certificate, and whoever calls in the clear gets nothing', async () => {
  expect(await ask(credentials.createSsl(certificate.cert))).toBe('SERVING');
  expect(await ask(credentials.createInsecure())).toBe('UNAVAILABLE');
});

it('F09 a caller that trusts somebody else does not talk to it', async () => {
  expect(await ask(credentials.createSsl(certify('other', '127.0.0.1').cert))).toBe('UNAVAILABLE');
});

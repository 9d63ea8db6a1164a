import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  credentials,
  Metadata,
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  type ServiceError,
} from '@grpc/grpc-js';
import type { INestMicroservice, ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  grpcServerOptions,
  logFailure,
  readStatus,
  ServingHealth,
  toStatus,
  type ProtoPackage,
  type RefusedCall,
} from '@lacuna/contracts';
import {
  authenticateCalls,
  createTokenVerifier,
  HEALTH_PREFIX,
  localKeySet,
  openDemoIssuer,
  type DemoIssuer,
  type DemoTokenRequest,
} from '@lacuna/runtime';

export const ISSUER = 'http://127.0.0.1/test-issuer';
export const AUDIENCE = 'lacuna';

export type TestServer = Readonly<{
  url: string;
  issuer: DemoIssuer;
  health: ServingHealth;
  app: INestMicroservice;
  /** A client of one of the generated services; closed with the server. */
  client<C extends Client>(service: ClientOf<C>): C;
  /** Metadata with a fresh token. */
  as(who: DemoTokenRequest): Promise<Metadata>;
  stop(): Promise<void>;
}>;

export type ClientOf<C extends Client> = new (
  address: string,
  channel: ChannelCredentials,
  options?: Partial<ClientOptions>,
) => C;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

export const bearer = (token: string): Metadata => {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
};

/** The product's own gRPC server on loopback, with the modules given; its own issuer, its own clients. */
export const startTestServer = async (
  packages: readonly ProtoPackage[],
  imports: NonNullable<ModuleMetadata['imports']>,
): Promise<TestServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-transport-'));
  const issuer = await openDemoIssuer({
    keyFile: join(folder, 'demo-issuer.pem'),
    bindAddresses: ['127.0.0.1'],
    issuer: ISSUER,
    audience: AUDIENCE,
  });
  const verifier = createTokenVerifier({
    keys: localKeySet(issuer.jwks),
    issuer: ISSUER,
    audience: AUDIENCE,
  });
  const health = new ServingHealth(packages);
  const url = `127.0.0.1:${await freePort()}`;
  const module = await Test.createTestingModule({ imports }).compile();
  const app = module.createNestMicroservice(
    grpcServerOptions({
      url,
      packages,
      health,
      interceptors: [
        authenticateCalls({
          verifier,
          refuse: (error) => toStatus(error, logFailure),
          open: [HEALTH_PREFIX],
        }),
      ],
    }),
  );
  await app.listen();
  health.serving(true);
  const clients: Client[] = [];
  return {
    url,
    issuer,
    health,
    app,
    client: (service) => {
      const client = new service(url, credentials.createInsecure());
      clients.push(client);
      return client;
    },
    as: async (who) => bearer((await issuer.issue(who)).token),
    stop: async () => {
      for (const client of clients) client.close();
      await app.close();
      rmSync(folder, { recursive: true });
    },
  };
};

type Outcome<Answer> = Readonly<{ answer: Answer }> | Readonly<{ refused: RefusedCall }>;

/** A unary call's answer, or how it was refused. */
export const outcome = <Answer>(
  start: (done: (error: ServiceError | null, answer: Answer) => void) => unknown,
): Promise<Outcome<Answer>> =>
  new Promise((resolve) => {
    start((error, answer) => resolve(error ? { refused: readStatus(error) } : { answer }));
  });

/** The refusal of a call that must be refused. */
export const refusalOf = async <Answer>(
  start: (done: (error: ServiceError | null, answer: Answer) => void) => unknown,
): Promise<RefusedCall> => {
  const result = await outcome(start);
  if ('answer' in result) throw new Error('the call was answered, and should have been refused');
  return result.refused;
};

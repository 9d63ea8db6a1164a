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
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  grpcServerOptions,
  logFailure,
  readStatus,
  ServingHealth,
  toStatus,
  type GrpcServerInput,
  type ProtoPackage,
  type RefusedCall,
} from '@lacuna/contracts';
import {
  authenticateCalls,
  createTokenVerifier,
  HEALTH_PREFIX,
  localKeySet,
  openDemoIssuer,
  scopeCalls,
  type DemoIssuer,
  type DemoTokenRequest,
} from '@lacuna/runtime';

export const ISSUER = 'http://127.0.0.1/test-issuer';
export const AUDIENCE = 'lacuna';

export type TestServer = Readonly<{
  url: string;
  http: string;
  issuer: DemoIssuer;
  /** The issuer's private key: for tokens that it would not give. */
  keyFile: string;
  health: ServingHealth;
  app: INestApplication;
  /** A client of one of the generated services; closed with the server. */
  client<C extends Client>(service: ClientOf<C>): C;
  /** Metadata with a fresh token. */
  as(who: DemoTokenRequest): Promise<Metadata>;
  stop(): Promise<void>;
}>;

/** Smaller than the product's own, so that a test meets them. */
export type ServerLimits = Pick<GrpcServerInput, 'certificate' | 'maxCalls' | 'maxConnections'>;

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

const openIssuer = (keyFile: string): Promise<DemoIssuer> =>
  openDemoIssuer({
    keyFile,
    bindAddresses: ['127.0.0.1'],
    issuer: ISSUER,
    audience: AUDIENCE,
  });

const serverOptions = (
  url: string,
  packages: readonly ProtoPackage[],
  { health, issuer, given }: Readonly<{ health: ServingHealth; issuer: DemoIssuer; given: ServerLimits }>,
): MicroserviceOptions => {
  const verifier = createTokenVerifier({
    keys: localKeySet(issuer.jwks),
    issuer: ISSUER,
    audience: AUDIENCE,
  });
  const refuse = (error: unknown) => toStatus(error, logFailure);
  const authenticate = authenticateCalls({ verifier, refuse, open: [HEALTH_PREFIX] });
  return grpcServerOptions({ url, packages, health, interceptors: [scopeCalls, authenticate], ...given });
};

/** The product's own servers on loopback, with the modules given; their own issuer, their own clients. */
export const startTestServer = async (
  packages: readonly ProtoPackage[],
  imports: NonNullable<ModuleMetadata['imports']>,
  given: ServerLimits = {},
): Promise<TestServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-transport-'));
  const keyFile = join(folder, 'demo-issuer.pem');
  const issuer = await openIssuer(keyFile);
  const health = new ServingHealth(packages);
  const url = `127.0.0.1:${await freePort()}`;
  const module = await Test.createTestingModule({ imports }).compile();
  const app = module.createNestApplication();
  app.useLogger(['error']);
  app.connectMicroservice<MicroserviceOptions>(serverOptions(url, packages, { health, issuer, given }));
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  health.serving(true);
  const clients: Client[] = [];
  return {
    url,
    http: await app.getUrl(),
    issuer,
    keyFile,
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

type Start<Answer> = (done: (error: ServiceError | null, answer: Answer) => void) => unknown;
type Outcome<Answer> = Readonly<{ answer: Answer }> | Readonly<{ refused: RefusedCall }>;

/** A unary call's answer, or how it was refused. */
export const outcome = <Answer>(start: Start<Answer>): Promise<Outcome<Answer>> =>
  new Promise((resolve) => {
    start((error, answer) => resolve(error ? { refused: readStatus(error) } : { answer }));
  });

/** The refusal of a call that must be refused. */
export const refusalOf = async (start: Start<unknown>): Promise<RefusedCall> => {
  const result = await outcome(start);
  if ('answer' in result) throw new Error('the call was answered, and should have been refused');
  return result.refused;
};

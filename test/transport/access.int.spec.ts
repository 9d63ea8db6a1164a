import { credentials, Metadata, status, makeGenericClientConstructor, type Client } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { loadSync } from '@grpc/proto-loader';
import {
  adminV1,
  memberV1,
  protoFiles,
  protoPackages,
  protoRoot,
  queryV1,
  services,
} from '@lacuna/contracts';
import { BehaviourScript, behaviourModules } from './behaviour-doubles.js';
import { carClub } from './command-doubles.js';
import { bearer, outcome, refusalOf, startTestServer, type TestServer } from './grpc-harness.js';
import { framed, rawStatus } from './raw-call.js';

const readPackages: readonly string[] = ['lacuna.query.v1', 'lacuna.integration.v1'];
const commandPackages = protoPackages.filter((name) => !readPackages.includes(name));
let server: TestServer;
let health: Client;

beforeAll(async () => {
  server = await startTestServer(commandPackages, behaviourModules(new BehaviourScript(), await carClub()));
  const HealthClient = makeGenericClientConstructor(healthService, 'Health');
  health = new HealthClient(server.url, credentials.createInsecure());
});
afterAll(async () => {
  health.close();
  await server.stop();
});

const everyMethod = Object.entries(services)
  .filter(([name]) => !readPackages.includes(name))
  .flatMap(([, { definition }]) => Object.values<{ path: string }>(definition).map(({ path }) => path));
const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

const checkHealth = (service: string) =>
  outcome<{ status: string }>((done) =>
    health.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      healthService['Check']!.requestSerialize,
      healthService['Check']!.responseDeserialize as (bytes: Buffer) => { status: string },
      { service },
      done as (error: unknown, answer?: { status: string }) => void,
    ),
  );

describe('without a token', () => {
  it('health answers, for the server and each service, and follows the shutdown', async () => {
    for (const service of ['', ...commandPackages.map((name) => `${name}.${services[name].name}`)])
      expect(await checkHealth(service)).toEqual({ answer: { status: 'SERVING' } });
    server.health.serving(false);
    expect(await checkHealth('')).toEqual({ answer: { status: 'NOT_SERVING' } });
    server.health.serving(true);
  });

  it.each([...everyMethod, reflection])('F08 %s refuses', async (path) => {
    expect(await rawStatus({ url: server.url, path, body: framed(Buffer.alloc(0)), end: true })).toBe(
      status.UNAUTHENTICATED,
    );
  });

  it('F08 a refusal comes before a byte of the message is looked at', async () => {
    const path = memberV1.MemberServiceService.registerMember.path;
    expect(await rawStatus({ url: server.url, path, body: framed(Buffer.from([0x0a, 0xff])) })).toBe(
      status.UNAUTHENTICATED,
    );
  });
});

describe('with a token', () => {
  it('reflection names the services that are there', async () => {
    const token = String((await server.as({ tenant: 'car-club', role: 'operator' })).get('authorization')[0]);
    // list_services, field 7 of ServerReflectionRequest.
    const listServices = framed(Buffer.from([0x3a, 0x00]));
    const headers = { authorization: token };
    expect(
      await rawStatus({ url: server.url, path: reflection, headers, body: listServices, end: true }),
    ).toBe(status.OK);
  });

  it.each([
    ['another scheme', () => withHeader('Basic YTpi')],
    ['no scheme', () => withHeader('a.b.c')],
    ['one that is no token', () => bearer('a.b.c')],
  ])('F08 %s is none', async (_name, make) => {
    const metadata = make();
    const admin = server.client(adminV1.AdminServiceClient);
    const refusal = await refusalOf((done) => admin.confirmClockJump({}, metadata, done));
    expect(refusal).toMatchObject({ grpcCode: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' });
  });

  it('R054 another tenant’s pack does not speak for one that has none', async () => {
    const admin = server.client(adminV1.AdminServiceClient);
    const metadata = await server.as({ tenant: 'other-club', role: 'operator' });
    const refusal = await refusalOf((done) => admin.confirmClockJump({}, metadata, done));
    expect(refusal).toMatchObject({ grpcCode: status.PERMISSION_DENIED, reason: 'TENANT_UNKNOWN' });
  });
});

it('F10 every method of the protos is there: an unlisted one would be UNIMPLEMENTED', async () => {
  const token = String((await server.as({ tenant: 'nobody', role: 'nobody' })).get('authorization')[0]);
  const loaded = loadSync([...protoFiles], { includeDirs: [protoRoot] });
  const paths = Object.entries(loaded)
    .filter(([name]) => /\.(Activity|Admin|Behaviour|Member)Service$/.test(name))
    .flatMap(([, definition]) => Object.values(definition).map((method: { path: string }) => method.path));
  expect(paths).toHaveLength(everyMethod.length);
  for (const path of paths) {
    const headers = { authorization: token };
    const answer = await rawStatus({
      url: server.url,
      path,
      headers,
      body: framed(Buffer.alloc(0)),
      end: true,
    });
    expect([path, answer]).not.toEqual([path, status.UNIMPLEMENTED]);
  }
  const query = server.client(queryV1.QueryServiceClient);
  const absent = await refusalOf((done) => query.getServerInfo({}, bearer(token.slice(7)), done));
  expect(absent.grpcCode).toBe(status.UNIMPLEMENTED);
});

const withHeader = (value: string): Metadata => {
  const metadata = new Metadata();
  metadata.set('authorization', value);
  return metadata;
};

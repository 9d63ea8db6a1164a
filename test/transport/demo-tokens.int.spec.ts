import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { queryV1 } from '@lacuna/contracts';
import { createTokenVerifier, openDemoIssuer, remoteKeySet, type DemoIssuer } from '@lacuna/runtime';
import { AUDIENCE, bearer, ISSUER, outcome, refusalOf } from './grpc-harness.js';
import { startReadStack, type ReadStack } from './read-stack.js';

let stack: ReadStack;
let issuer: DemoIssuer;
const folder = mkdtempSync(join(tmpdir(), 'lacuna-demo-'));

beforeAll(async () => {
  const keyFile = join(folder, 'issuer.pem');
  issuer = await openDemoIssuer({
    keyFile,
    bindAddresses: ['127.0.0.1'],
    issuer: ISSUER,
    audience: AUDIENCE,
  });
  stack = await startReadStack(issuer);
}, 60_000);
afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true });
});

const ask = async (body: object): Promise<Readonly<{ status: number; answer: Record<string, unknown> }>> => {
  const response = await fetch(`${stack.server.http}/demo/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
};

it('gives a token for each role of a pack, which the published keys verify', async () => {
  const verifier = createTokenVerifier({
    keys: remoteKeySet(new URL(`${stack.server.http}/.well-known/jwks.json`)),
    issuer: ISSUER,
    audience: AUDIENCE,
  });
  for (const role of [
    'integrator',
    'customer-service',
    'management',
    'compliance-officer',
    'member',
    'operator',
  ]) {
    const { status: code, answer } = await ask({ tenant: 'car-club', role });
    expect(code).toBe(200);
    expect(await verifier.verify(String(answer['token']))).toMatchObject({ tenant: 'car-club', role });
  }
});

it.each([
  [{ tenant: 'nobody', role: 'member' }, 'tenant'],
  [{ tenant: 'car-club', role: 'emperor' }, 'role'],
  [{ tenant: 'car-club', role: 'member', memberId: '*' }, 'member_id'],
])('%j: no token, and the answer names the field', async (body, field) => {
  const { status: code, answer } = await ask(body);
  expect([code, answer['error']]).toEqual([400, 'FIELD_INVALID']);
  expect(answer['violations']).toEqual([{ field, rule: expect.any(String) as unknown }]);
});

it('F08 another issuer’s token is nobody’s here', async () => {
  const { token } = await issuer.issue({ tenant: 'car-club', role: 'operator' });
  const queries = stack.server.client(queryV1.QueryServiceClient);
  const refusal = await refusalOf((done) => queries.getServerInfo({}, bearer(token), done));
  expect(refusal).toMatchObject({ grpcCode: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' });
  const own = await stack.server.as({ tenant: 'car-club', role: 'operator' });
  expect(await outcome((done) => queries.getServerInfo({}, own, done))).toHaveProperty('answer');
});

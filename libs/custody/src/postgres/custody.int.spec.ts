import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { hasCode } from '@lacuna/domain/kernel';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import {
  contestedClaim,
  createCustody,
  createFileKms,
  custodySchema,
  type CustodyService,
  type OpenRequest,
} from '../index.js';

const NOW = '1998-07-01T00:00:00.000Z';
const LATER = '1998-07-01T15:00:00.000Z';
const TENANT = 'car-club';

let database: FreshDatabase;
let folder: string;
let custody: CustodyService;
let second: CustodyService;

const connect = (): Promise<CustodyService> =>
  createCustody({
    connectionString: database.runtimeUrl,
    kms: createFileKms({ file: join(folder, 'keys.json'), backupFile: join(folder, 'keys.backup.json') }),
  });

beforeAll(async () => {
  database = await freshDatabase(custodySchema);
  folder = mkdtempSync(join(tmpdir(), 'lacuna-custody-'));
  custody = await connect();
  second = await connect();
});

afterAll(async () => {
  await custody.close();
  await second.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const registering = (subject: string, more: Partial<OpenRequest> = {}): OpenRequest => ({
  tenant: TENANT,
  subject,
  categories: ['basic'],
  mint: 'subject',
  now: NOW,
  ...more,
});

const claim = (kind: string, value: string, more: object = {}) => ({
  kind,
  value,
  stream: `${TENANT}.member-1`,
  expected: 'none' as const,
  eventId: randomUUID(),
  ...more,
});

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code: string }).code,
  );

const phone = (): string => `199${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;

it('R030 seals and opens under a subject of its own', async () => {
  const subject = randomUUID();
  const writer = await custody.open(registering(subject));
  const event = randomUUID();
  const sealed = writer.seal('basic', 'mobile', event, '19900012345');
  expect(sealed.sealed).not.toContain('19900012345');
  expect(sealed.sealed).not.toContain(subject);
  expect(await custody.unseal(TENANT, [sealed])).toEqual([{ kind: 'opened', plaintext: '19900012345' }]);
  expect(await second.unseal(TENANT, [sealed])).toEqual([{ kind: 'opened', plaintext: '19900012345' }]);
  const again = await second.open(registering(subject, { mint: 'none' }));
  expect(again.digest('basic', 'payload')).toBe(writer.digest('basic', 'payload'));
  expect(again.digest('basic', 'payload')).toHaveLength(22);
  expect(again.deriveId('basic', 'real-name')).toBe(writer.deriveId('basic', 'real-name'));
});

it('goes from restricted to erased, each an answer of its own', async () => {
  const subject = randomUUID();
  const ref = { tenant: TENANT, subject };
  expect(await custody.status(ref)).toEqual({ kind: 'unknown' });
  const number = phone();
  const writer = await custody.open(registering(subject, { claims: [claim('mobile', number)] }));
  await custody.confirmClaims(writer.claims);
  const sealed = writer.seal('basic', 'name', randomUUID(), 'x');
  expect(await custody.lookup(TENANT, 'mobile', number)).toBe(subject);
  const first = await custody.restrict(ref, { request: 'r1' }, NOW);
  expect(await second.restrict(ref, { request: 'r2' }, LATER)).toEqual(first);
  expect(await second.unseal(TENANT, [sealed])).toEqual([{ kind: 'restricted' }]);
  expect(await code(second.open(registering(subject)))).toBe('SUBJECT_RESTRICTED');
  const gone = await custody.destroy({ ...ref, categories: ['basic'], derived: [], now: LATER });
  expect(await second.destroy({ ...ref, categories: ['basic'], derived: [], now: NOW })).toEqual(gone);
  expect(await second.unseal(TENANT, [sealed])).toEqual([{ kind: 'erased' }]);
  expect(await code(second.open(registering(subject)))).toBe('SUBJECT_ERASED');
  expect(await custody.lookup(TENANT, 'mobile', number)).toBeNull();
  await custody.rotate(LATER, '1998-07');
  const rotations = await custody.rotations();
  expect(rotations.map((one) => one.keyClass).sort()).toEqual(['lookup', 'subject']);
  expect(rotations.every((one) => one.destroyedBefore >= gone.destroyedAt)).toBe(true);
  await custody.rotate(LATER, '1998-07');
  expect(await custody.rotations()).toEqual(rotations);
});

it('keeps claims over a rotation', async () => {
  const subject = randomUUID();
  const number = phone();
  const other = randomUUID();
  const writer = await custody.open(registering(subject, { claims: [claim('mobile', number)] }));
  expect(await custody.lookup(TENANT, 'mobile', number)).toBeNull();
  expect(await custody.lookup(TENANT, 'mobile', number, { includeOpen: true })).toBe(subject);
  const failed = await second
    .open(registering(other, { claims: [claim('mobile', number)] }))
    .catch((e: unknown) => e);
  expect(contestedClaim(failed)).toMatchObject({ subject, kind: 'mobile', expected: 'none' });
  await custody.confirmClaims(writer.claims);
  await custody.releaseClaims([
    (await custody.open(registering(randomUUID(), { claims: [claim('mobile', phone())] }))).claims[0]!,
  ]);
  const epochOf = async (): Promise<readonly number[]> =>
    (await second.rotations()).flatMap((one) => (one.keyClass === 'lookup' ? [one.epoch] : []));
  const [before = 1] = await epochOf();
  await second.rotate(LATER, '1998-07');
  expect(await epochOf()).toEqual([before + 1]);
  expect(await custody.lookup(TENANT, 'mobile', number)).toBe(subject);
  expect(
    hasCode(
      await custody.open(registering(other, { claims: [claim('mobile', number)] })).catch((e: unknown) => e),
      'CLAIM_TAKEN',
    ),
  ).toBe(true);
  expect(await custody.status({ tenant: TENANT, subject: other })).toEqual({ kind: 'unknown' });
  expect(await custody.claimsOf({ tenant: TENANT, subject }, 'mobile')).toEqual(writer.claims);
});

it('names requests under the months keys', async () => {
  const [names] = await custody.requestNames('other-club', 'client', 'request');
  const [same] = await second.requestNames('other-club', 'client', 'request');
  expect(same!.id('member')).toBe(names!.id('member'));
  await custody.rotate(LATER, '1998-07');
  await custody.rotate('1998-08-01T15:00:00.000Z', '1998-08');
  const both = await custody.requestNames('other-club', 'client', 'request');
  expect(both.map((one) => one.epoch)).toEqual([1, 2]);
  expect(both[0]!.eventId(0)).toBe(names!.eventId(0));
  expect(
    await code(custody.open({ ...registering(randomUUID()), tenant: 'other-club', requestEpoch: 1 })),
  ).toBe('REQUEST_EPOCH_PAST');
});

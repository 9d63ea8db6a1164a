import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Test } from '@nestjs/testing';
import type { EventMetadata } from '@lacuna/domain/kernel';
import { createMemoryEventStore, type NewEvent, type RecordedEvent } from '@lacuna/event-store';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import {
  CUSTODY,
  CustodyModule,
  createCustody,
  createFileKms,
  custodySchema,
  type CustodyService,
  type Kms,
  type LoggedDestruction,
  type OpenRequest,
} from '../index.js';

const NOW = '1998-07-01T00:00:00.000Z';
const NIGHT = '1998-07-01T15:00:00.000Z';
const TENANT = 'car-club';

let database: FreshDatabase;
let folder: string;
let kms: Kms;
let custody: CustodyService;

const connect = (own: Kms = kms): Promise<CustodyService> =>
  createCustody({ connectionString: database.runtimeUrl, kms: own, timeoutMs: 5_000 });

beforeEach(async () => {
  database = await freshDatabase(custodySchema);
  folder = mkdtempSync(join(tmpdir(), 'lacuna-custody-'));
  kms = createFileKms({ file: join(folder, 'keys'), backupFile: join(folder, 'keys.backup') });
  custody = await connect();
});

afterEach(async () => {
  await custody.close();
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

const claim = (kind: string, value: string) => ({
  kind,
  value,
  stream: `${TENANT}.member-1`,
  expected: 'none' as const,
  eventId: randomUUID(),
});

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'resolved',
    (error: unknown) => (error as { code: string }).code,
  );

const erase = async (
  subject: string,
  categories: readonly string[] = ['basic'],
  derived: { category: string; label: string }[] = [],
) => {
  const ref = { tenant: TENANT, subject };
  await custody.restrict(ref, { request: 'r' }, NOW);
  return custody.destroy({ ...ref, categories, derived, now: NOW });
};

it('keeps tenants apart: neither sees, opens, claims or names what the other has', async () => {
  const subject = randomUUID();
  const mine = await custody.open(registering(subject, { claims: [claim('mobile', '19900000001')] }));
  await custody.confirmClaims(mine.claims);
  const sealed = mine.seal('basic', 'name', randomUUID(), 'x');
  expect(await custody.unseal('other-club', [sealed])).toEqual([{ kind: 'unknown' }]);
  expect(await custody.status({ tenant: 'other-club', subject })).toEqual({ kind: 'unknown' });
  expect(await custody.lookup('other-club', 'mobile', '19900000001')).toBeNull();
  const theirs = await custody.open({
    ...registering(subject, { claims: [claim('mobile', '19900000001')] }),
    tenant: 'other-club',
  });
  expect(theirs.digest('basic', 'p')).not.toBe(mine.digest('basic', 'p'));
  expect(theirs.deriveId('basic', 'l')).not.toBe(mine.deriveId('basic', 'l'));
  const [ours] = await custody.requestNames(TENANT, 'c', 'r');
  const [others] = await custody.requestNames('other-club', 'c', 'r');
  expect(ours!.id('member')).not.toBe(others!.id('member'));
});

it('E08 answers corrupt for a value moved to another subject, field or event', async () => {
  const event = randomUUID();
  const one = (await custody.open(registering(randomUUID()))).seal('basic', 'name', event, 'one');
  const two = (await custody.open(registering(randomUUID()))).seal('basic', 'name', event, 'two');
  const part = (text: string, index: number): string => text.split(':')[index]!;
  const swapped = (index: number, by: string): { sealed: string } => ({
    sealed: one.sealed
      .split(':')
      .map((own, at) => (at === index ? by : own))
      .join(':'),
  });
  const answers = await custody.unseal(TENANT, [
    one,
    swapped(1, part(two.sealed, 1)),
    swapped(2, 'mobile'),
    swapped(3, 'AAAAAAAAAAAAAAAAAAAAAA'),
    swapped(5, part(two.sealed, 5)),
    swapped(1, 'AAAAAAAAAAAAAAAAAAAAAA'),
    { sealed: 'nonsense' },
  ]);
  expect(answers.map((answer) => answer.kind)).toEqual([
    'opened',
    'corrupt',
    'corrupt',
    'corrupt',
    'corrupt',
    'unknown',
    'corrupt',
  ]);
});

it('A13 mints nothing without a live subject, and fences the others that must be live', async () => {
  const subject = randomUUID();
  expect(await code(custody.open(registering(subject, { mint: 'keys' })))).toBe('SUBJECT_UNKNOWN');
  expect(await code(custody.open(registering(subject, { mint: 'none' })))).toBe('SUBJECT_UNKNOWN');
  await custody.open(registering(subject));
  expect(await code(custody.open(registering(subject, { mint: 'none', categories: ['audit'] })))).toBe(
    'SUBJECT_UNKNOWN',
  );
  const writer = await custody.open(registering(subject, { mint: 'keys', categories: ['basic', 'audit'] }));
  expect(() => writer.seal('real-name', 'name', randomUUID(), 'x')).toThrow('not opened');
  const identity = writer.deriveId('basic', 'real-name');
  const record = registering(identity, { categories: ['real-name'], alsoLive: [subject] });
  await custody.restrict({ tenant: TENANT, subject }, { request: 'r' }, NOW);
  expect(await code(custody.open(record))).toBe('SUBJECT_RESTRICTED');
  expect(await custody.status({ tenant: TENANT, subject: identity })).toEqual({ kind: 'unknown' });
});

it('R078 erases basic with its claims and those of the identity record, and keeps what outlives it', async () => {
  const subject = randomUUID();
  const member = await custody.open(
    registering(subject, { categories: ['basic', 'audit'], claims: [claim('mobile', '1')] }),
  );
  const identity = member.deriveId('basic', 'real-name');
  const record = await custody.open(
    registering(identity, { categories: ['real-name'], claims: [claim('id-number', '2')] }),
  );
  await custody.confirmClaims([...member.claims, ...record.claims]);
  const event = randomUUID();
  const values = [
    member.seal('basic', 'name', event, 'b'),
    member.seal('audit', 'subject', event, 'a'),
    record.seal('real-name', 'idNumber', event, 'i'),
  ];
  const first = await erase(subject, ['basic'], [{ category: 'real-name', label: 'real-name' }]);
  const kinds = async (): Promise<readonly string[]> =>
    (await custody.unseal(TENANT, values)).map((one) => one.kind);
  expect(await kinds()).toEqual(['erased', 'opened', 'opened']);
  expect(await custody.lookup(TENANT, 'mobile', '1')).toBeNull();
  expect(await custody.lookup(TENANT, 'id-number', '2')).toBeNull();
  expect(await code(custody.open(registering(subject, { categories: ['audit'], mint: 'none' })))).toBe(
    'SUBJECT_ERASED',
  );
  const second = await custody.destroy({
    tenant: TENANT,
    subject,
    categories: ['audit'],
    derived: [],
    now: NIGHT,
  });
  expect(second.destroyedAt > first.destroyedAt).toBe(true);
  expect(await kinds()).toEqual(['erased', 'erased', 'opened']);
  expect(
    await custody.destroy({ tenant: TENANT, subject, categories: ['basic'], derived: [], now: NIGHT }),
  ).toEqual(first);
});

it('counts what lives and what is destroyed', async () => {
  const subject = randomUUID();
  await custody.open(registering(subject));
  await custody.open(registering(randomUUID()));
  await custody.requestNames(TENANT, 'c', 'r');
  await erase(subject);
  expect(await custody.counts()).toEqual({
    living: 4,
    destroyed: 1,
    byClass: { scope: 1, subject: 1, lookup: 2 },
    destroyedByClass: { scope: 0, subject: 1, lookup: 0 },
  });
});

it('finds restrictions without their event, and open claims, by age', async () => {
  const subject = randomUUID();
  const writer = await custody.open(registering(subject, { claims: [claim('mobile', '1')] }));
  expect(await custody.openClaims(NOW)).toEqual([]);
  expect(await custody.openClaims(NIGHT)).toMatchObject([
    { id: writer.claims[0], subject, kind: 'mobile', expected: 'none', openedAt: NOW },
  ]);
  const ref = { tenant: TENANT, subject };
  expect(await code(custody.destroy({ ...ref, categories: ['basic'], derived: [], now: NOW }))).toBe(
    'SUBJECT_NOT_RESTRICTED',
  );
  await custody.restrict(ref, { request: 'r1' }, NOW);
  expect(await custody.unrecordedRestrictions(NOW)).toEqual([]);
  expect(await custody.unrecordedRestrictions(NIGHT)).toEqual([
    { ...ref, at: NOW, request: { request: 'r1' }, recorded: false },
  ]);
  await custody.restrictionRecorded(ref);
  expect(await custody.unrecordedRestrictions(NIGHT)).toEqual([]);
});

it('refuses an argument before it can reach a statement that others share', async () => {
  const bad = [
    registering('a\u0000b'),
    { ...registering(randomUUID()), tenant: 'Car Club' },
    registering(randomUUID(), { categories: ['no such'] }),
    registering(randomUUID(), { now: 'yesterday' }),
    registering(randomUUID(), { categories: [], claims: [claim('mobile', '1')] }),
  ];
  for (const request of bad) expect(await code(custody.open(request))).toBe('CUSTODY_ARGUMENT_INVALID');
});

const metadata: EventMetadata = {
  tenant: TENANT,
  occurredAt: NOW,
  actor: { id: 'a', role: 'operator' },
  processing: { channel: 'c', lawfulBasis: 'b', purposes: [], noticeVersion: null, provenance: 'p' },
  policy: 'p@1',
};

const saying = (data: Record<string, unknown>): NewEvent => ({
  id: randomUUID(),
  type: 'Said',
  schemaVersion: 1,
  data,
  metadata,
});

const describeSaid = (event: RecordedEvent): LoggedDestruction => event.data as LoggedDestruction;

it('refuses to serve behind the log, and is content ahead of it', async () => {
  const store = createMemoryEventStore();
  const said = (data: Record<string, unknown>) =>
    store.append({ stream: 'system.custody-keys', expected: 'any', events: [saying(data)], now: NOW });
  const gone = randomUUID();
  await custody.open(registering(gone));
  await custody.compareWithLog(store, describeSaid);
  await erase(gone);
  await custody.rotate(NIGHT, '1998-07');
  await custody.compareWithLog(store, describeSaid);
  await said({ kind: 'erased', tenant: TENANT, subject: gone, categories: ['basic'] });
  await said({ kind: 'rotated', keyClass: 'subject', epoch: 2 });
  await custody.compareWithLog(store, describeSaid);

  const held = randomUUID();
  await custody.open(registering(held));
  await said({ kind: 'erased', tenant: TENANT, subject: held, categories: ['basic'] });
  expect(await code(custody.compareWithLog(store, describeSaid))).toBe('CUSTODY_BEHIND_LOG');
  expect(await code(custody.open(registering(randomUUID())))).toBe('CUSTODY_BEHIND_LOG');

  const other = await connect();
  await said({ kind: 'rotated', keyClass: 'subject', epoch: 3 });
  expect(await code(other.compareWithLog(store, describeSaid))).toBe('CUSTODY_BEHIND_LOG');
  await other.close();
  const shorter = await connect();
  expect(await code(shorter.compareWithLog(createMemoryEventStore(), describeSaid))).toBe(
    'LOG_BEHIND_CUSTODY',
  );
  await shorter.close();
});

it('is unavailable while its database is, at once, and there again after it', async () => {
  const subject = randomUUID();
  const sealed = (await custody.open(registering(subject))).seal('basic', 'name', randomUUID(), 'x');
  const server = new URL(database.ownerUrl);
  const name = server.pathname.slice(1);
  server.pathname = '/postgres';
  const owner = new Client({ connectionString: server.href });
  await owner.connect();
  await owner.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await owner.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  const started = Date.now();
  const answers = [
    custody.unseal(TENANT, [sealed]),
    custody.open(registering(subject)),
    custody.open(registering(subject, { mint: 'none' })),
    custody.status({ tenant: TENANT, subject }),
    custody.restrict({ tenant: TENANT, subject }, { request: 'r' }, NOW),
  ];
  expect(await Promise.all(answers.map(code))).toEqual(Array(5).fill('CUSTODY_UNAVAILABLE'));
  expect(Date.now() - started).toBeLessThan(10_000);
  await owner.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  await owner.end();
  expect(await custody.unseal(TENANT, [sealed])).toEqual([{ kind: 'opened', plaintext: 'x' }]);
});

it('says KMS_UNAVAILABLE where the keys cannot be had, and opens nothing', async () => {
  const down: Kms = { ...kms, load: () => Promise.reject(new Error('no route')) };
  expect(await code(connect(down))).toBe('KMS_UNAVAILABLE');
  const empty = createFileKms({ file: join(folder, 'other'), backupFile: join(folder, 'other.backup') });
  expect(await code(connect(empty))).toBe('KEK_MISSING');
});

it('R077 gives the runtime role no way to take a tombstone away', async () => {
  const client = new Client({ connectionString: database.runtimeUrl });
  await client.connect();
  for (const table of ['subjects', 'subject_keys', 'scope_keys', 'epochs'])
    await expect(client.query(`DELETE FROM custody.${table}`)).rejects.toThrow(/permission denied/);
  await expect(client.query('TRUNCATE custody.claims')).rejects.toThrow(/permission denied/);
  await client.end();
});

it('is provided, and closed, by its module', async () => {
  const module = await Test.createTestingModule({
    imports: [CustodyModule.forRoot({ connectionString: database.runtimeUrl, kms })],
  }).compile();
  await module.init();
  const own = module.get<CustodyService>(CUSTODY);
  expect(await own.status({ tenant: TENANT, subject: 'x' })).toEqual({ kind: 'unknown' });
  await module.close();
  expect(await code(own.status({ tenant: TENANT, subject: 'x' }))).toBe('CUSTODY_UNAVAILABLE');
});

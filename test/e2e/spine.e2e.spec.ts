import { appendFileSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { readLog, stopLog } from './log-engine.js';
import {
  cli,
  cliJson,
  freshHome,
  ownerUrl,
  postmaster,
  root,
  shell,
  startCli,
  startProduct,
  type Product,
} from './product.js';

/**
 * One life of one store, as a new user and then an operator would live it. The cases build on each other: a start
 * and 23,570 members are too dear to have twice.
 */
const home = freshHome();
let product: Product;

type Status = Readonly<{
  head: string;
  clockNow: string;
  overdueDeadlines: string;
  views: readonly Readonly<{ name: string; lag: string; state: string }>[];
  keys: readonly Readonly<{ keyClass: string; destroyed: string }>[];
}>;
type Replay = Readonly<{
  position: string;
  same: boolean | null;
  views: readonly Readonly<{ name: string; rows: number; digest: string; difference: string | null }>[];
}>;
type Imported = Readonly<{
  members: number;
  realNames: number;
  known: number;
  gone: number;
  rejected: number;
}>;
type Trail = Readonly<{
  entries: readonly Readonly<{
    eventType: string;
    outcome: string;
    text: string;
    purpose: string;
    role: string;
  }>[];
}>;
type Member = Readonly<{ memberId: string; fields: readonly Readonly<{ name: string; value: string }>[] }>;
type Failed = Readonly<{ error: Readonly<{ code: string }> }>;

const members = join('infra', 'demo', 'members.csv');
const status = async (): Promise<Status> => (await cliJson<Status>(home, 'status')).document;
const eventCount = async (): Promise<number> => (await readLog(home, ownerUrl(home))).length;
const importAll = async (file: string): Promise<Imported> =>
  (await cliJson<Imported>(home, 'import', 'members', file, '--rejects', join(home, 'rejects.csv'))).document;
const read = (...args: readonly string[]) =>
  cliJson<Member & Failed>(home, 'member', 'get', '--purpose', 'service', ...args);
const valueOf = ({ fields }: Member, name: string): string | undefined =>
  fields.find((field) => field.name === name)?.value;
const digests = ({ views }: Replay): readonly string[] =>
  views.map(({ name, digest }) => `${name} ${digest}`);

const packs = join(home, 'packs');
const variables = { LACUNA_CLOCK: '1998-07-01T00:00+08:00', LACUNA_PACKS: packs };

/** The demo organisation's rules, and a second organisation with the same ones. */
const writePacks = (): void => {
  const carClub = readFileSync(join(root, 'infra', 'policy-packs', 'car-club.yaml'), 'utf8');
  mkdirSync(packs);
  writeFileSync(join(packs, 'car-club.yaml'), carClub);
  writeFileSync(join(packs, 'other-club.yaml'), carClub.replace('pack: car-club', 'pack: other-club'));
};

beforeAll(async () => {
  writePacks();
  product = await startProduct(home, variables);
}, 120_000);
afterAll(async () => {
  await product.interrupt();
  await stopLog(home);
  rmSync(home, { recursive: true });
}, 60_000);

it('says in a few lines where it is, how to get in, and one command to try', () => {
  expect(product.lines.length).toBeLessThanOrEqual(8);
  expect(product.lines.join('\n')).toMatch(/gRPC +127\.0\.0\.1:\d+/);
  expect(product.lines.join('\n')).toMatch(/HTTP +http:\/\/127\.0\.0\.1:\d+/);
  expect(product.lines.join('\n')).toMatch(/npx lacuna token <role>, with one of .*compliance-officer/);
  expect(product.lines.at(-1)?.trim()).toBe(`npx lacuna import members ${members}`);
});

it('brings 23,570 members in by the printed command, after an import that was killed half way', async () => {
  const first = startCli(home, 'import', 'members', members, '--rejects', join(home, 'rejects.csv'));
  while ((await eventCount()) < 3_000) await sleep(100);
  first.child.kill('SIGKILL');
  await first.result;
  const half = await eventCount();
  expect(half).toBeLessThan(24_000);

  const { code, stdout } = await shell(home, product.lines.at(-1) ?? '');
  expect([code, stdout]).toEqual([0, '23570 members in, of them 1205 with real-name identity; 0 rejected\n']);
  expect(await eventCount()).toBe(23_570 + 1_205 + 1);
}, 600_000);

it('changes nothing when the same file comes again, and takes only what a longer one adds', async () => {
  const before = await eventCount();
  expect(await importAll(members)).toMatchObject({ members: 0, known: 23_570, rejected: 0 });
  expect(await eventCount()).toBe(before);
  const longer = join(home, 'longer.csv');
  copyFileSync(join(root, members), longer);
  appendFileSync(
    longer,
    'later-1,路遥,19900190001,普通,,,,,1998-06-30,\nlater-2,程远,19900190002,普通,,,,,,\n',
  );
  expect(await importAll(longer)).toMatchObject({ members: 2, known: 23_570, rejected: 0 });
}, 120_000);

it('R118 rejects twenty named defects by line, field and rule, and never says a value', async () => {
  const rejects = join(home, 'defects.rejects.csv');
  const file = join('infra', 'demo', 'members-defects.csv');
  const { code, document } = await cliJson<Imported>(home, 'import', 'members', file, '--rejects', rejects);
  expect([code, document]).toEqual([1, expect.objectContaining({ members: 2, realNames: 1, rejected: 20 })]);
  expect(readFileSync(rejects, 'utf8')).toBe(
    readFileSync(join(root, 'infra', 'demo', 'members-defects.rejects.csv'), 'utf8'),
  );
}, 60_000);

it('F11 a second organisation neither collides with the first nor sees it', async () => {
  const file = join('infra', 'demo', 'members-defects.csv');
  const other = ['--tenant', 'other-club'];
  const rejects = ['--rejects', join(home, 'other.rejects.csv')];
  const imported = await cliJson<Imported>(home, ...other, 'import', 'members', file, ...rejects);
  expect(imported.document).toMatchObject({ members: 2, known: 0, rejected: 20 });
  const ours = await read('--customer-number', 'good-1');
  const theirs = await read(...other, '--customer-number', 'good-1');
  expect([ours.code, theirs.code]).toEqual([0, 0]);
  expect(theirs.document.memberId).not.toBe(ours.document.memberId);
  const unknown = [
    await read(...other, '--id', ours.document.memberId),
    await read(...other, '--id', '00000000-0000-4000-8000-000000000000'),
    await read(...other, '--customer-number', '00001'),
  ];
  expect(unknown.map(({ code, document }) => [code, document.error])).toEqual(
    unknown.map(() => [1, unknown[1]!.document.error]),
  );
  const trail = await cliJson<Trail>(home, ...other, 'audit', 'show', '--page-size', '1000');
  expect(trail.document.entries.filter(({ eventType }) => eventType === 'MemberRegistered')).toHaveLength(2);
}, 60_000);

it('R048 R050 R051 R054 answers a read as the pack says, and shows it in the trail', async () => {
  const { code, document } = await read('--customer-number', '00001');
  expect([code, valueOf(document, 'name'), valueOf(document, 'mobile')]).toEqual([
    0,
    '杜楠炎',
    '19900013907',
  ]);
  const refused = [
    await read('--customer-number', '00001', '--role', 'management'),
    await cliJson<Failed>(home, 'member', 'get', '--customer-number', '00001'),
    await cliJson<Failed>(home, 'member', 'get', '--customer-number', '00001', '--purpose', 'marketing'),
  ];
  expect(refused.map((result) => [result.code, result.document.error.code])).toEqual([
    [1, 'POLICY_DENIED'],
    [1, 'PURPOSE_REQUIRED'],
    [1, 'POLICY_DENIED'],
  ]);
  const trail = await cliJson<Trail>(home, 'audit', 'show', '--member', document.memberId, '--lang', 'zh');
  expect(trail.document.entries.map(({ eventType, role, outcome }) => [eventType, role, outcome])).toEqual([
    ['MemberRegistered', 'integrator', 'done'],
    ['PersonalDataRead', 'customer-service', 'done'],
    ['PersonalDataReadDenied', 'management', 'denied'],
    ['PersonalDataReadDenied', 'customer-service', 'denied'],
    ['PersonalDataReadDenied', 'customer-service', 'denied'],
  ]);
  expect(trail.document.entries[1]?.text).toContain('查阅');
}, 60_000);

it('R072 reports a correction that is not done as overdue, once, and keeps the old value readable as of then', async () => {
  const { document: member } = await read('--customer-number', '00002');
  const old = valueOf(member, 'mobile');
  const then = (await status()).head;
  await cli(home, 'correction', 'request', member.memberId, '--set', 'plate=京A12345');
  const asked = await cliJson<{ correctionId: string }>(
    home,
    ...['correction', 'request', member.memberId, '--set', 'mobile=19900190009'],
  );
  const applied = await cli(home, 'correction', 'apply', member.memberId, asked.document.correctionId);
  expect(applied.code).toBe(0);
  expect(valueOf((await read('--mobile', '19900190009')).document, 'name')).toBe('胡明士');
  const asOf = await read('--id', member.memberId, '--as-of', then);
  expect(valueOf(asOf.document, 'mobile')).toBe(old);

  expect((await cli(home, 'clock', 'advance', 'PT25H')).code).toBe(0);
  expect((await status()).overdueDeadlines).toBe('1');
  expect((await cli(home, 'clock', 'advance', 'PT25H')).code).toBe(0);
  const { document } = await cliJson<Trail>(home, 'audit', 'show', '--member', member.memberId);
  expect(document.entries.filter(({ eventType }) => eventType === 'CorrectionOverdue')).toHaveLength(1);
}, 120_000);

it('R077 R078 I9 erases: reads stop before the answer, the identity stays, nobody comes back by an import', async () => {
  const { document: member } = await read('--customer-number', '00003');
  const before = (await status()).head;
  const asOfBefore = await cliJson<Replay>(home, 'replay', '--as-of', before);
  const preview = await cliJson<{ items: { category: string; outcome: string }[] }>(
    home,
    ...['erasure', 'preview', member.memberId],
  );
  expect(preview.document.items.map(({ category, outcome }) => [category, outcome])).toEqual([
    ['basic', 'erase'],
    ['real-name', 'retain'],
    ['behaviour', 'anonymise'],
    ['activity', 'erase'],
    ['audit', 'retain'],
  ]);
  expect((await cli(home, 'erasure', 'request', member.memberId, '--reason', 'exit')).code).toBe(0);
  const stopped = await read('--id', member.memberId);
  expect([stopped.code, ['SUBJECT_RESTRICTED', 'SUBJECT_ERASED', 'MEMBER_ERASED']]).toEqual([
    1,
    expect.arrayContaining([stopped.document.error.code]),
  ]);
  expect((await cli(home, 'clock', 'advance', 'P1D')).code).toBe(0);
  const final = await cliJson<{ state: string; destroyedAt: string; unrecoverableAt: string }>(
    home,
    ...['erasure', 'status', member.memberId],
  );
  expect(final.document.state).toBe('final');
  expect(final.document.destroyedAt < final.document.unrecoverableAt).toBe(true);
  expect(await importAll(members)).toMatchObject({ members: 0, known: 23_570 });

  expect((await cli(home, 'clock', 'advance', 'P7M')).code).toBe(0);
  expect(await importAll(members)).toMatchObject({ members: 0, known: 23_570 });
  expect((await read('--id', member.memberId)).code).toBe(1);
  expect((await read('--customer-number', '00003')).document.error.code).toMatch(/NOT_FOUND|UNKNOWN/);

  const asOfAfter = await cliJson<Replay>(home, 'replay', '--as-of', before);
  expect(digests(asOfAfter.document)).toEqual(digests(asOfBefore.document));
}, 600_000);

it('I9 leaves a member alone who was erased before the import of their file had come to its end', async () => {
  const file = join(home, 'unfinished.csv');
  const header = readFileSync(join(root, members), 'utf8').split('\n')[0] ?? '';
  const document = '999999197001010017';
  const rows = [1, 2, 3].map(
    (n) => `unfinished-${n},路遥,1990019010${n},普通,,,,,,${n === 1 ? document : ''}`,
  );
  writeFileSync(file, [header, ...rows, 'unfinished-4,,19900190104,普通,,,,,,', ''].join('\n'));
  // The last row is a reject, and there is no such folder to write it to: the import ends before it is complete.
  const broken = await cli(
    home,
    'import',
    'members',
    file,
    '--rejects',
    join(home, 'nowhere', 'rejects.csv'),
  );
  expect(broken.code).toBe(2);
  for (const number of ['unfinished-1', 'unfinished-2']) {
    const { document: member } = await read('--customer-number', number);
    expect((await cli(home, 'erasure', 'request', member.memberId)).code).toBe(0);
  }
  // Of the second a registration is repeated, which gets its first answer and changes nothing; of the first a
  // document too, and there is no member to verify any more.
  expect(await importAll(file)).toMatchObject({ members: 2, realNames: 0, gone: 1, known: 0, rejected: 1 });
  for (const number of ['unfinished-1', 'unfinished-2'])
    expect((await read('--customer-number', number)).code).toBe(1);
  expect((await read('--customer-number', 'unfinished-3')).code).toBe(0);
}, 120_000);

it('I6 finds the data again after kill -9 of itself and of its database, and replays to the same views', async () => {
  const before = await cliJson<Replay>(home, 'replay');
  expect([before.code, before.document.same]).toEqual([0, true]);
  await product.kill();
  expect((await cli(home, 'status')).code).toBe(2);
  process.kill(postmaster(home) ?? 0, 'SIGKILL');
  product = await startProduct(home, variables);
  expect(product.lines.at(-1)?.trim()).toBe('npx lacuna status');
  const after = await cliJson<Replay>(home, 'replay');
  expect([after.code, after.document.same, digests(after.document)]).toEqual([
    0,
    true,
    digests(before.document),
  ]);
}, 180_000);

it('I6 shows one row that was altered by hand', async () => {
  const client = new Client({ connectionString: ownerUrl(home) });
  await client.connect();
  const { rows } = await client.query<{ schema: string }>(
    `SELECT table_schema AS schema FROM information_schema.tables
      WHERE table_name = 'deadline' AND table_type = 'BASE TABLE' ORDER BY 1 DESC LIMIT 1`,
  );
  const table = `${rows[0]!.schema}.deadline`;
  const alter = `UPDATE ${table} SET state = $1 WHERE ctid = (SELECT ctid FROM ${table} WHERE state = $2 LIMIT 1)`;
  const altered = await client.query(alter, ['done', 'open']);
  expect(altered.rowCount).toBe(1);
  await client.end();
  const { code, document } = await cliJson<Replay>(home, 'replay');
  expect([code, document.same]).toEqual([1, false]);
  expect(document.views.filter(({ difference }) => difference !== null).map(({ name }) => name)).toEqual([
    'deadlines',
  ]);
}, 120_000);

it('stops everything on Ctrl-C, the database included', async () => {
  const { code } = await product.interrupt();
  expect(code).toBe(0);
  expect(postmaster(home)).toBeNull();
  const { code: unreachable, stderr } = await cli(home, 'status');
  expect([unreachable, stderr]).toEqual([2, expect.stringContaining('npm start')]);
  product = await startProduct(home, { LACUNA_PACKS: packs });
  expect((await status()).views.every(({ state }) => state === 'live')).toBe(true);
}, 120_000);

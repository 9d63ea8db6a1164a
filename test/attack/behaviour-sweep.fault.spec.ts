import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { chmodSync, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { createCustody, createFileKms, custodySchema, type CustodyService } from '@lacuna/custody';
import { startEmbeddedDatabase, type EmbeddedDatabase } from '@lacuna/embedded-database';
import { migrate } from '@lacuna/runtime';
import { attack, type Booty } from './attack.js';

jest.setTimeout(300_000);

const TENANT = 'car-club';
const NOW = '1998-07-01T00:00:00.000Z';
const RUN = '1998-07-01T15:00:00.000Z';
const NIGHT = '1998-07-01';
const CLOSED = '1998-01-01';
const LIVE = '1998-06-30';
const PEOPLE = 40;
const ERASED = 15;

let folder: string;
let database: EmbeddedDatabase;
let client: Client;
let custody: CustodyService;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lacuna-attack-'));
  chmodSync(folder, 0o755);
  database = await startEmbeddedDatabase({ folder: join(folder, 'database') });
  await migrate(database.url, [custodySchema], null);
  client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    'CREATE TABLE log (place bigint GENERATED ALWAYS AS IDENTITY, stream text, event jsonb)',
  );
  custody = await createCustody({
    connectionString: database.url,
    kms: createFileKms({ file: join(folder, 'keys'), backupFile: join(folder, 'keys.backup') }),
  });
});

afterAll(async () => {
  await custody.close();
  await client.end();
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
});

const KINDS = ['closed', 'live', 'copy', 'signUp', 'june', 'july'] as const;
type Kind = (typeof KINDS)[number];

/** What was planted of a person, by where it stands, and the participant id that the log shows. */
type Planted = Readonly<{
  subject: string;
  texts: Readonly<Record<Kind, readonly string[]>>;
  participant: string;
}>;

const canary = (): string => `canary-${randomUUID()}`;

const write = (stream: string, event: object) =>
  client.query('INSERT INTO log (stream, event) VALUES ($1, $2)', [stream, JSON.stringify(event)]);

/** Two records of a day, each with its copy for the night: their texts, and the copies'. */
const plantDay = async (subject: string, scope: string): Promise<readonly [string[], string[]]> => {
  const ref = { tenant: TENANT, subject, category: 'behaviour', scope };
  const keys = await custody.openScoped({ ...ref, mint: true, now: NOW });
  const night = await custody.holdNight(TENANT, NIGHT, () => Promise.resolve(0n));
  const [bodies, copies] = [
    [canary(), canary()],
    [canary(), canary()],
  ];
  for (const ordinal of [0, 1]) {
    const eventId = keys.id(`request-${ordinal}`);
    const body = JSON.stringify({ what: 'recorded', kind: 'purchase', place: bodies[ordinal] });
    const copy = JSON.stringify({ person: night.pseudonym(subject), kind: copies[ordinal] });
    await write(`${TENANT}.behaviour-${keys.stream(ordinal)}`, {
      day: scope,
      night: NIGHT,
      body: keys.seal('body', eventId, body),
      copy: night.seal('copy', eventId, copy),
    });
  }
  night.release();
  return [bodies, copies];
};

const plantSignUp = async (subject: string, activity: string): Promise<readonly [string, string]> => {
  const [text, participant] = [canary(), randomUUID()];
  const stream = `${TENANT}.activity-${activity}`;
  const keys = await custody.openScoped({
    tenant: TENANT,
    subject,
    category: 'activity',
    scope: activity,
    mint: true,
    participant: { id: participant, stream, expected: 1n, eventId: randomUUID() },
    now: NOW,
  });
  await custody.confirmClaims(keys.claims);
  const details = keys.seal('details', keys.id(participant), text);
  await write(stream, { activityId: activity, participantId: participant, tag: keys.tag('twice'), details });
  return [text, participant];
};

const plantRead = async (subject: string, month: string): Promise<string> => {
  const writer = await custody.open({
    tenant: TENANT,
    subject,
    categories: ['audit'],
    mint: 'keys',
    scopes: { audit: month },
    now: NOW,
  });
  const text = canary();
  const read = writer.seal('audit', 'subject', randomUUID(), text);
  await write(`${TENANT}.reads-${writer.deriveStream('audit', month)}`, { subject: read });
  return text;
};

const plant = async (subject: string, activity: string): Promise<Planted> => {
  const [closed, early] = await plantDay(subject, CLOSED);
  const [live, late] = await plantDay(subject, LIVE);
  const [signUp, participant] = await plantSignUp(subject, activity);
  const june = [await plantRead(subject, '1995-06')];
  const july = [await plantRead(subject, '1998-07')];
  return {
    subject,
    texts: { closed, live, copy: [...early, ...late], signUp: [signUp], june, july },
    participant,
  };
};

const sweep = (planted: readonly string[], people: readonly Planted[] = []): Booty =>
  attack({
    paths: [join(folder, 'database', 'data'), join(folder, 'dump')],
    keyFiles: [join(folder, 'keys'), join(folder, 'keys.backup')],
    planted,
    guesses: people.map(({ participant }) => ({ tenant: TENANT, kind: 'participant', value: participant })),
  });

const textsOf = (people: readonly Planted[], kinds: readonly Kind[]): readonly string[] =>
  people.flatMap(({ texts }) => kinds.flatMap((kind) => texts[kind]));

const dump = async (): Promise<void> => {
  for (const table of ['custody.subject_keys', 'custody.scope_keys', 'custody.lookup_keys', 'custody.claims'])
    await pipeline(
      client.query(copyTo(`COPY ${table} TO STDOUT`)),
      createWriteStream(join(folder, 'dump'), { flags: 'a' }),
    );
};

const erase = async ({ subject }: Planted): Promise<void> => {
  const ref = { tenant: TENANT, subject };
  await custody.restrict(ref, { request: 'erasure' }, RUN);
  const categories = ['basic', 'behaviour', 'activity', 'audit'];
  await custody.destroy({ ...ref, categories, derived: [], now: RUN });
};

it('E01 E11 R041 R042 R079 opens all behaviour with the keys, as much after a mere deletion, and after the night nothing of the erased, of the night, of an ended day, month or activity', async () => {
  const subjects = Array.from({ length: PEOPLE }, () => randomUUID());
  for (const subject of subjects)
    await custody.open({ tenant: TENANT, subject, categories: ['basic'], mint: 'subject', now: NOW });
  await custody.prepareSubjects(TENANT, ['behaviour', 'activity']);
  const [ended, open] = [randomUUID(), randomUUID()];
  const people: Planted[] = [];
  // The last ten have signed up for an activity that goes on.
  for (const [index, subject] of subjects.entries())
    people.push(await plant(subject, index < PEOPLE - 10 ? ended : open));
  const [gone, living] = [people.slice(0, ERASED), people.slice(ERASED)];
  await dump();
  await client.query('CHECKPOINT');

  // The positive control: from the bytes and the keys, by deriving names, to every value and every participant.
  const everything = textsOf(people, KINDS);
  expect(sweep(everything, people)).toMatchObject({
    values: { opened: 2 * PEOPLE },
    behaviour: { opened: 9 * PEOPLE },
    claims: { guessed: PEOPLE },
    planted: { opened: everything.length, inClear: 0 },
  });

  for (const person of gone) await erase(person);
  await custody.closeNights(TENANT, NIGHT);
  const destroy = (category: string, scopes: readonly string[] | { through: string }) =>
    custody.destroyScopes({ tenant: TENANT, category, scopes, now: RUN });
  await destroy('night', [NIGHT]);
  await destroy('behaviour', { through: CLOSED });
  await destroy('audit', { through: '1995-06' });
  await custody.destroyScopes({
    tenant: TENANT,
    category: 'activity',
    scopes: [ended],
    participants: people.slice(0, PEOPLE - 10).map(({ participant }) => participant),
    now: RUN,
  });
  await client.query('VACUUM');
  await client.query('CHECKPOINT');
  // A deleted row destroys nothing by itself.
  expect(sweep(everything).planted).toEqual({ opened: everything.length, inClear: 0 });

  await custody.rotate(RUN, '1998-07');
  await client.query('CHECKPOINT');
  const joined = living.filter((_, index) => index >= living.length - 10);
  const left = [...textsOf(living, ['live', 'july']), ...textsOf(joined, ['signUp'])];
  const after = sweep(everything, people);
  expect(after).toMatchObject({
    values: { opened: living.length },
    behaviour: { opened: 2 * living.length + joined.length },
    claims: { guessed: joined.length },
    planted: { opened: left.length, inClear: 0 },
  });
  // Those that came out are the ones that may: nothing of anybody erased, nothing of what has ended.
  expect(sweep(left).planted.opened).toBe(left.length);
  expect(sweep(textsOf(gone, KINDS)).planted.opened).toBe(0);
  expect(sweep(textsOf(people, ['closed', 'copy', 'june'])).planted.opened).toBe(0);
  expect(after.behaviour.found).toBeGreaterThanOrEqual(9 * PEOPLE);
  // And the keys are all still there to be carved: what is gone is what unwraps them.
  expect(after.keys.found).toBeGreaterThan(after.keys.unwrapped + 4 * ERASED);
});

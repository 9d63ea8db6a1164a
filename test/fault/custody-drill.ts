import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Sealed } from '@lacuna/domain/kernel';
import {
  createCustody,
  createFileKms,
  type CustodyOptions,
  type CustodyService,
  type OpenRequest,
} from '@lacuna/custody';

export const TENANT = 'car-club';
export const NOW = '1998-07-01T00:00:00.000Z';
export const NIGHT = '1998-07-01T15:00:00.000Z';
export const MONTH = '1998-07';

/** A person as a drill knows it: what was sealed, and the phone that is claimed. */
export type Person = Readonly<{ subject: string; phone: string; sealed: Sealed; plaintext: string }>;

/** A custody's database and key file, and the processes that work on them. */
export type Drill = Readonly<{
  connect(options?: Partial<CustodyOptions>): Promise<CustodyService>;
  /** Runs the child program; resolves with what stopped it (`SIGKILL`), or null where it came to its end. */
  child(job: object): Promise<string | null>;
  sql<Row extends object>(text: string, values?: unknown[]): Promise<readonly Row[]>;
  keyFiles(): string;
  folder: string;
  clear(): void;
}>;

export const drill = (connectionString: string): Drill => {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-drill-'));
  const files = { file: join(folder, 'keys'), backupFile: join(folder, 'keys.backup') };
  return {
    folder,
    connect: (options = {}) => createCustody({ connectionString, kms: createFileKms(files), ...options }),
    child: (job) =>
      new Promise((resolve, reject) => {
        const program = join(process.cwd(), 'test/fault/custody-crash-child.mjs');
        const running = spawn(
          process.execPath,
          [program, JSON.stringify({ ...job, ...files, connectionString })],
          {
            stdio: ['ignore', 'inherit', 'inherit'],
          },
        );
        running.once('error', reject);
        running.once('exit', (code, signal) =>
          code === 0 || signal ? resolve(signal) : reject(new Error(`the child ended with ${String(code)}`)),
        );
      }),
    sql: async <Row extends object>(text: string, values: unknown[] = []) => {
      const client = new Client({ connectionString });
      await client.connect();
      try {
        return (await client.query<Row>(text, values)).rows;
      } finally {
        await client.end();
      }
    },
    keyFiles: () =>
      readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('\n'),
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
};

export const registering = (subject: string, more: Partial<OpenRequest> = {}): OpenRequest => ({
  tenant: TENANT,
  subject,
  categories: ['basic'],
  mint: 'subject',
  now: NOW,
  ...more,
});

export const claiming = (phone: string, eventId: string) => ({
  kind: 'mobile',
  value: phone,
  stream: `${TENANT}.member-${eventId}`,
  expected: 'none' as const,
  eventId,
});

let phones = 0;
export const freshPhone = (): string => `199${String((phones += 1)).padStart(8, '0')}`;

/** A live person with a confirmed phone and one sealed value. */
export const register = async (custody: CustodyService): Promise<Person> => {
  const subject = randomUUID();
  const phone = freshPhone();
  const eventId = randomUUID();
  const writer = await custody.open(registering(subject, { claims: [claiming(phone, eventId)] }));
  await custody.confirmClaims(writer.claims);
  const plaintext = `plain ${phone}`;
  return { subject, phone, plaintext, sealed: writer.seal('basic', 'name', eventId, plaintext) };
};

export const erase = async (custody: CustodyService, { subject }: Person, now = NIGHT) => {
  const ref = { tenant: TENANT, subject };
  await custody.restrict(ref, { request: 'drill' }, now);
  await custody.restrictionRecorded(ref);
  return custody.destroy({ ...ref, categories: ['basic'], derived: [], now });
};

/** What custody says of people: how many of their values open, and how many of their phones are theirs. */
export const standing = async (custody: CustodyService, people: readonly Person[]) => {
  const opened = await custody.unseal(
    TENANT,
    people.map((person) => person.sealed),
  );
  const holders = await Promise.all(people.map((person) => custody.lookup(TENANT, 'mobile', person.phone)));
  return {
    open: opened.filter((one, index) => one.kind === 'opened' && one.plaintext === people[index]?.plaintext)
      .length,
    erased: opened.filter((one) => one.kind === 'erased').length,
    held: holders.filter((holder, index) => holder === people[index]?.subject).length,
  };
};

export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { jest } from '@jest/globals';
import type { Sealed } from '@lacuna/domain/kernel';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { createCustody, createFileKms, custodySchema, type CustodyService } from '../index.js';

jest.setTimeout(300_000);

const TENANT = 'car-club';
const NOW = '1998-07-01T00:00:00.000Z';
const DAYS = ['1998-01-01', '1998-01-02', '1998-01-03', '1998-01-04'];
const MONTHS = ['1998-01', '1998-02', '1998-03'];
const PEOPLE = 3;

let database: FreshDatabase;
let folder: string;

beforeAll(async () => {
  database = await freshDatabase(custodySchema);
  folder = mkdtempSync(join(tmpdir(), 'lacuna-custody-'));
});

afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const connect = (): Promise<CustodyService> =>
  createCustody({
    connectionString: database.runtimeUrl,
    kms: createFileKms({ file: join(folder, 'keys'), backupFile: join(folder, 'keys.backup') }),
  });

type Step = Readonly<{
  what: 'record' | 'read' | 'erase' | 'end-day' | 'end-month' | 'rotate' | 'prepare' | 'restart';
  person: number;
  scope: number;
}>;

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    { weight: 8, arbitrary: fc.constant('record' as const) },
    { weight: 4, arbitrary: fc.constant('read' as const) },
    {
      weight: 5,
      arbitrary: fc.constantFrom('erase', 'end-day', 'end-month', 'rotate', 'prepare', 'restart'),
    },
  ),
  person: fc.nat(PEOPLE - 1),
  scope: fc.nat(3),
});

type Value = Readonly<{ person: number; scope: string; eventId: string; sealed: Sealed; text: string }>;

/** What must hold, kept beside custody: who is gone, and up to where days and months have ended. */
class History {
  readonly subjects = Array.from({ length: PEOPLE }, () => randomUUID());
  private readonly behaviour: Value[] = [];
  private readonly reads: Value[] = [];
  private readonly erased = new Set<number>();
  private readonly unprepared = new Set<number>();
  private day = '';
  private turns = 0;

  constructor(
    private readonly tenant: string,
    private readonly own: CustodyService[],
  ) {}

  private custody(): CustodyService {
    return this.own[(this.turns += 1) % this.own.length]!;
  }

  async begin(): Promise<void> {
    for (const [person, subject] of this.subjects.entries()) {
      await this.custody().open({ ...this.ref(subject), categories: ['basic'], mint: 'subject', now: NOW });
      this.unprepared.add(person);
    }
  }

  private ref(subject: string) {
    return { tenant: this.tenant, subject };
  }

  async apply({ what, person, scope }: Step): Promise<void> {
    const subject = this.subjects[person]!;
    const common = { tenant: this.tenant, now: NOW };
    switch (what) {
      case 'record':
        return this.record(person, DAYS[scope]!);
      case 'read':
        return this.read(person, MONTHS[scope % MONTHS.length]!);
      case 'erase':
        await this.custody()
          .restrict(this.ref(subject), { request: 'r' }, NOW)
          .catch(() => undefined);
        await this.custody().destroy({
          ...this.ref(subject),
          categories: ['basic', 'behaviour', 'audit'],
          derived: [],
          now: NOW,
        });
        this.erased.add(person);
        return;
      case 'end-day':
        await this.custody().destroyScopes({
          ...common,
          category: 'behaviour',
          scopes: { through: DAYS[scope]! },
        });
        this.day = DAYS[scope]! > this.day ? DAYS[scope]! : this.day;
        return;
      case 'end-month':
        await this.custody().destroyScopes({ ...common, category: 'audit', scopes: [MONTHS[scope % 3]!] });
        this.ended.add(MONTHS[scope % 3]!);
        return;
      case 'rotate':
        return this.custody().rotate(NOW, '1998-07');
      case 'prepare':
        await this.custody().prepareSubjects(this.tenant, ['behaviour']);
        this.unprepared.clear();
        return;
      case 'restart':
        await this.own[0]!.close();
        this.own[0] = await connect();
    }
  }

  private readonly ended = new Set<string>();

  /** What must be refused, and why; else it is sealed. */
  private async record(person: number, scope: string): Promise<void> {
    const request = {
      ...this.ref(this.subjects[person]!),
      category: 'behaviour',
      scope,
      mint: true,
      now: NOW,
    };
    const expected = this.erased.has(person)
      ? 'SUBJECT_ERASED'
      : this.unprepared.has(person)
        ? 'SUBJECT_UNPREPARED'
        : scope <= this.day
          ? 'SCOPE_CLOSED'
          : null;
    const keys = await this.custody()
      .openScoped(request)
      .catch((error: unknown) => (error as { code: string }).code);
    if (typeof keys === 'string' || expected !== null) {
      expect(keys).toBe(expected);
      return;
    }
    const [eventId, text] = [keys.id(String(this.behaviour.length)), randomUUID()];
    this.behaviour.push({ person, scope, eventId, text, sealed: keys.seal('body', eventId, text) });
  }

  private async read(person: number, scope: string): Promise<void> {
    const request = {
      ...this.ref(this.subjects[person]!),
      categories: ['audit'],
      mint: 'keys' as const,
      scopes: { audit: scope },
      now: NOW,
    };
    const expected = this.erased.has(person)
      ? 'SUBJECT_ERASED'
      : this.ended.has(scope)
        ? 'SCOPE_CLOSED'
        : null;
    const writer = await this.custody()
      .open(request)
      .catch((error: unknown) => (error as { code: string }).code);
    if (typeof writer === 'string' || expected !== null) {
      expect(writer).toBe(expected);
      return;
    }
    const [eventId, text] = [randomUUID(), randomUUID()];
    const sealed = writer.seal('audit', 'subject', eventId, text);
    this.reads.push({ person, scope, eventId, text, sealed });
  }

  /** Every value opens until its subject or its scope goes, and never after: asked of every process. */
  async check(): Promise<void> {
    for (const custody of this.own) {
      const opened = await custody.unseal(
        this.tenant,
        this.reads.map(({ sealed }) => sealed),
      );
      expect(opened.map((one) => (one.kind === 'opened' ? one.plaintext : one.kind))).toEqual(
        this.reads.map((value) =>
          this.erased.has(value.person) || this.ended.has(value.scope) ? 'erased' : value.text,
        ),
      );
      for (const [person, subject] of this.subjects.entries()) {
        const own = this.behaviour.filter((value) => value.person === person);
        const keys = await custody.openScopes(this.ref(subject), 'behaviour', DAYS).catch(() => []);
        const found = own.map(({ scope, eventId, sealed }) =>
          keys.map((one) => (one.scope === scope ? one.open('body', eventId, sealed) : null)).find(Boolean),
        );
        expect(found).toEqual(
          own.map(({ scope, text }) => (this.erased.has(person) || scope <= this.day ? undefined : text)),
        );
      }
    }
  }
}

it('E03 R041 R079 every value opens until its subject or its scope goes, and never after, whatever comes in whatever order', async () => {
  const own = [await connect(), await connect()];
  let tenants = 0;
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const history = new History(`${TENANT}-${(tenants += 1)}`, own);
      await history.begin();
      await history.apply({ what: 'prepare', person: 0, scope: 0 });
      for (const [index, one] of steps.entries()) {
        await history.apply(one);
        if (index % 5 === 4 || index === steps.length - 1) await history.check();
        checked += 1;
      }
    }),
    { numRuns: 25, seed: 4_1998, endOnFailure: true },
  );
  expect(checked).toBeGreaterThan(250);
  await Promise.all(own.map((custody) => custody.close()));
});

import { globSync, readFileSync } from 'node:fs';
import { catalogue } from '@lacuna/domain/catalogue';
import type { PolicyPack } from '@lacuna/domain/policy';
import { auditTrail, type AuditRow, type Row } from '@lacuna/projections';
import { carClub } from '@lacuna/testing';
import { sentences } from './sentences.js';
import { ruleOf } from './rule-of.js';
import { wordsFor } from './words.js';

const MEMBER = '7b0f3c52-6f0e-4c1c-9a43-0a6d8b9f6b11';

type Sample = Readonly<{
  type: string;
  version: number;
  full: Record<string, unknown>;
  required: Record<string, unknown>;
}>;
const samples = globSync('libs/domain/src/catalogue/samples/*.json').map(
  (path) => JSON.parse(readFileSync(path, 'utf8')) as Sample,
);

let pack: PolicyPack;
beforeAll(async () => {
  pack = await carClub();
});

const texts = (cell: Row[string] | undefined): string[] => JSON.parse(String(cell)) as string[];

/** The trail's row for an event, made by the projection itself. */
const rowOf = (type: string, data: Record<string, unknown>, actor = { id: 'clerk-17', role: 'operator' }) => {
  const [operation] = auditTrail.operations({
    id: MEMBER,
    type,
    schemaVersion: 1,
    data,
    metadata: {
      tenant: 'car-club',
      occurredAt: '1998-07-01T01:00:00.000Z',
      actor,
      processing: {
        channel: 'registration',
        lawfulBasis: 'contract',
        purposes: ['service'],
        noticeVersion: null,
        provenance: 'subject',
      },
      policy: 'car-club@1',
    },
    stream: `car-club.member-${MEMBER}`,
    revision: 0n,
    position: 7n,
    recordedAt: '1998-07-01T01:00:00.000Z',
  });
  if (operation?.kind !== 'insert') throw new Error('the trail has no row for this event');
  const { row } = operation;
  const sealed = row['subject'];
  const read: Record<string, unknown> = {
    ...row,
    purposes: texts(row['purposes']),
    fields: texts(row['fields']),
    rules: texts(row['rules']),
    facts: JSON.parse(String(row['facts'])) as Record<string, unknown>,
    subject: typeof sealed === 'string' ? { sealed } : null,
  };
  return read as AuditRow;
};

const say = (row: AuditRow, language: 'zh' | 'en', memberId = MEMBER): string => {
  const found = Object.entries(sentences).find(([type]) => type === row.eventType)?.[1];
  if (found === undefined) throw new Error(`no sentence for ${row.eventType}`);
  return found[language](wordsFor(pack, language, row, memberId));
};

it('the catalogue and the samples are what is walked', () => {
  const types = [...new Set(catalogue.entries.map(({ type }) => type))].sort();
  expect(Object.keys(sentences).sort()).toEqual(types);
  expect(samples.map(({ type }) => type).sort()).toEqual(types);
});

describe.each(samples.map((sample) => [sample.type, sample] as const))('%s', (type, sample) => {
  it.each([
    ['all of its fields', sample.full],
    ['its required fields', sample.required],
  ])('has a sentence in both languages with %s', (_name, data) => {
    for (const memberId of [MEMBER, '']) {
      const en = say(rowOf(type, data), 'en', memberId);
      const zh = say(rowOf(type, data), 'zh', memberId);
      expect(en).toMatch(/^[A-Z][^\p{Script=Han}]+\.$/u);
      expect(zh).toMatch(/\p{Script=Han}.*。$/u);
      for (const text of [en, zh]) {
        expect(text).not.toMatch(/undefined|null|NaN|Invalid|\[object|\(\)|（）|“”|sealed/);
        expect(text).not.toMatch(/ {2}| [.,]/);
      }
    }
  });

  it('names the clause that it happens under', () => {
    const unruled = ['ClaimAbandoned', 'ImportCompleted', 'PersonalDataReadDenied'];
    const row = rowOf(type, sample.full, { id: 'officer', role: 'compliance-officer' });
    if (unruled.includes(type)) expect(ruleOf(pack, row)).toBe('');
    else expect(ruleOf(pack, row)).toMatch(/^R\d{3} /);
  });
});

it('speaks the words of the pack and the local time of the tenant', () => {
  const overdue = rowOf('CorrectionOverdue', {
    memberId: MEMBER,
    correctionId: MEMBER,
    dueAt: '1998-07-02T01:00:00.000Z',
  });
  expect(say(overdue, 'en')).toBe(
    `The correction for member ${MEMBER} is overdue: it was due by 1998-07-02 09:00:00.`,
  );
  expect(say(overdue, 'zh')).toBe(`会员 ${MEMBER}的更正已逾期：应于 1998-07-02 09:00:00 前完成。`);
});

it('names a member who acts for themselves by the role alone', () => {
  const sample = samples.find(({ type }) => type === 'CorrectionRequested')!;
  const row = rowOf(sample.type, sample.full, { id: 'subject', role: 'member' });
  expect(say(row, 'en')).toMatch(/^The member asked/);
  expect(say(row, 'zh')).toMatch(/^会员本人申请/);
});

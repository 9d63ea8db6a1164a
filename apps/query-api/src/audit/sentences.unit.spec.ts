import { globSync, readFileSync } from 'node:fs';
import { catalogue } from '@lacuna/domain/catalogue';
import type { PolicyPack } from '@lacuna/domain/policy';
import { auditTrail, type AuditRow, type Row } from '@lacuna/projections';
import { carClub } from '@lacuna/testing';
import { ruleOf } from './rule-of.js';
import { untraced } from './sentence.js';
import { sentences } from './sentences.js';
import { wordsFor } from './words.js';

const MEMBER = '7b0f3c52-6f0e-4c1c-9a43-0a6d8b9f6b11';

type Sample = Readonly<{
  type: string;
  version: number;
  full: Record<string, unknown>;
  required: Record<string, unknown>;
}>;
const everySample = globSync('libs/domain/src/catalogue/samples/*.json').map(
  (path) => JSON.parse(readFileSync(path, 'utf8')) as Sample,
);
const isUntraced = ({ type }: Sample): boolean => untraced.some((one) => one === type);
const samples = everySample.filter((sample) => !isUntraced(sample));

let pack: PolicyPack;
beforeAll(async () => {
  pack = await carClub();
});

const texts = (cell: Row[string] | undefined): string[] => JSON.parse(String(cell)) as string[];

const operationsOf = (type: string, data: Record<string, unknown>, actor: { id: string; role: string }) =>
  auditTrail.operations({
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

/** The trail's row for an event, made by the projection itself. */
const rowOf = (type: string, data: Record<string, unknown>, actor = { id: 'clerk-17', role: 'operator' }) => {
  const [operation] = operationsOf(type, data, actor);
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
  expect([...Object.keys(sentences), ...untraced].sort()).toEqual(types);
  expect(everySample.map(({ type }) => type).sort()).toEqual(types);
});

it.each(everySample.filter(isUntraced).map((sample) => [sample.type, sample] as const))(
  'R041 %s has no entry in the trail, so that none stands beside another or beside a member',
  (type, { full }) => {
    expect(operationsOf(type, full, { id: 'sealed', role: 'sealed' })).toEqual([]);
  },
);

describe.each(samples.map((sample) => [sample.type, sample] as const))('%s', (type, sample) => {
  it.each([
    ['all of its fields', sample.full],
    ['its required fields', sample.required],
  ])('has a sentence in both languages with %s', (_name, data) => {
    for (const memberId of [MEMBER, '']) {
      const en = say(rowOf(type, data), 'en', memberId);
      const zh = say(rowOf(type, data), 'zh', memberId);
      // A title is the organisation's own, in its own language.
      expect(en.replace(/“[^”]+”/, '')).toMatch(/^[A-Z][^\p{Script=Han}]+\.$/u);
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

it('R047 R078 an erasure tells what is deleted, what is made anonymous and what stays, and why', () => {
  const { type, full } = samples.find((sample) => sample.type === 'ErasureStarted')!;
  expect(say(rowOf(type, full), 'en')).toBe(
    `The erasure of member ${MEMBER} began. Deleted: basic information. Made anonymous: behaviour. Stays: real-name identity (real-name data that the law requires to be kept).`,
  );
  expect(say(rowOf(type, full), 'zh')).toContain('匿名化：行为信息；');
});

const anonymised = {
  category: 'behaviour',
  day: '1998-01-02',
  cite: 'R041 000§3.2',
  destroyedAt: '1998-07-01T15:00:00.000Z',
  unrecoverableAt: '1998-07-01T15:00:02.000Z',
};

it('R041 says that a day is anonymised, how long it was kept, and from when nothing links it to anybody', () => {
  const row = rowOf('BehaviourDayAnonymised', anonymised, { id: 'system', role: 'system' });
  expect(say(row, 'zh')).toBe(
    '1998-01-02 的行为信息已匿名化（最长保存 6 个月，期限届满）：密钥于 1998-07-01 23:00:00 销毁，自 1998-07-01 23:00:02 起无法再与任何个人关联。',
  );
  expect(say(row, 'en')).toBe(
    'All behaviour of 1998-01-02 was anonymised (kept for at most 6 months): its key was destroyed at 1998-07-01 23:00:00, and nothing can link it to anybody from 1998-07-01 23:00:02 on.',
  );
  expect(ruleOf(pack, row)).toBe('R041 000§3.2');
});

it('R041 the period is the pack’s; of an event under another version of the pack it says none', async () => {
  const row = rowOf('BehaviourDayAnonymised', anonymised);
  const shorter = await carClub({ 'categories.behaviour.ceiling': 'P5M' });
  const sentence = sentences.BehaviourDayAnonymised.zh;
  expect(sentence(wordsFor(shorter, 'zh', row, ''))).toContain('最长保存 5 个月');
  expect(sentence(wordsFor(pack, 'zh', { ...row, policy: 'car-club@0' }, ''))).toContain(
    '行为信息已匿名化：密钥',
  );
});

it('R044 a sweep tells what ended per category, and also that nothing was due', () => {
  const items = [
    { category: 'behaviour', cite: 'R041 000§3.2', through: '1998-01-02', ended: 2 },
    { category: 'activity', cite: 'R042 000§3.2', through: null, ended: 0 },
    { category: 'audit', cite: 'R097 000§5.1', through: '1995-06', ended: 1 },
  ];
  const row = rowOf('RetentionSwept', { date: '1998-07-01', items });
  expect(say(row, 'zh')).toBe(
    '1998-07-01 的保存期限检查：行为信息（R041 000§3.2）截至 1998-01-02 的 2 天已匿名化；活动信息（R042 000§3.2）无到期；查阅记录（R097 000§5.1）截至 1995-06 的 1 个月已删除。',
  );
  expect(say(row, 'en')).toBe(
    'The retention check of 1998-07-01: behaviour (R041 000§3.2): 2 days through 1998-01-02 anonymised; activity sign-ups (R042 000§3.2): nothing was due; record of reads (R097 000§5.1): 1 month through 1995-06 deleted.',
  );
  expect(ruleOf(pack, row)).toBe('R041 000§3.2, R042 000§3.2, R097 000§5.1');
});

it('R042 says that the clock of an activity runs from its end', () => {
  const data = { activityId: MEMBER, endedAt: '1998-07-02T01:00:00.000Z', by: 'clock' };
  const row = rowOf('ActivityEnded', data, { id: 'system', role: 'system' });
  expect(say(row, 'zh')).toBe(
    `活动 ${MEMBER} 已于 1998-07-02 09:00:00 按计划结束，活动信息的保存期限由此起算。`,
  );
  expect(say({ ...row, role: 'activity-dept', facts: { ...row.facts, by: 'request' } }, 'zh')).toBe(
    `活动部门（system）于 1998-07-02 09:00:00 结束了活动 ${MEMBER}，活动信息的保存期限由此起算。`,
  );
});

it('R046 a counted night says that a remainder waits', () => {
  const data = { night: '1998-07-01', rows: 56_965, cells: 184, remainder: true };
  expect(say(rowOf('NightCounted', data), 'zh')).toBe(
    '1998-07-01 当晚统计完成：56965 条记录，形成 184 项统计数字；其余涉及人数过少，留待以后统计。',
  );
  expect(say(rowOf('NightCounted', { ...data, remainder: false }), 'en')).toBe(
    'The night of 1998-07-01 was counted: 56965 records in 184 figures.',
  );
});

it('R049 a refused look at a roster or a report is about nobody in particular', () => {
  const denied = {
    purpose: 'activity',
    fields: ['sign-up'],
    action: 'read',
    reason: 'NOT_ALLOWED',
    nearestMiss: null,
  };
  const row = { ...rowOf('PersonalDataReadDenied', denied), memberId: null };
  expect(say(row, 'zh', '')).toBe('拒绝运维人员（clerk-17）以“活动组织”为目的查阅报名信息：无规则允许。');
  const report = rowOf('PersonalDataReadDenied', { ...denied, purpose: null, fields: [], action: 'report' });
  expect(say(report, 'en', '')).toBe(
    'Operator (clerk-17) was refused to see the statistics: no rule allows it.',
  );
});

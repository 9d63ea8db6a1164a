import { LacunaError } from '@lacuna/domain/kernel';
import type { ClockRule } from './clock-rule.js';
import { MISSING, PackCursor } from './pack-cursor.js';
import { parseFields } from './parse-fields.js';
import { parseRules } from './parse-rules.js';
import type {
  Category,
  CitedPlace,
  ClosedList,
  Deadline,
  Hold,
  PackProblem,
  PolicyPack,
  Purpose,
  RefusalCites,
  Resolution,
  Retention,
  Role,
  Rule,
  Statistics,
  Title,
} from './pack.js';
import { ANCHORS, BASES, ENDINGS, MEMBERSHIP, type Anchor, type Ending } from './vocabulary.js';

export type ParsedPack =
  | Readonly<{ kind: 'pack'; pack: PolicyPack }>
  | Readonly<{ kind: 'refused'; problems: readonly PackProblem[] }>;

const PERIOD = /^P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/;
const CALENDAR_PERIOD = /^P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

const title = (cursor: PackCursor): Title => {
  cursor.keys('zh', 'en');
  return { zh: cursor.child('zh').text(), en: cursor.child('en').text() };
};

const matching = (cursor: PackCursor, pattern: RegExp, example: string): string => {
  const text = cursor.text();
  if (!pattern.test(text)) cursor.fail(`must be written like ${example}`);
  return text;
};

const zone = (cursor: PackCursor): string => {
  const text = cursor.text();
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    cursor.fail(`unknown time zone "${text}"`);
    return 'UTC';
  }
};

const hold = (cursor: PackCursor): Hold => {
  cursor.keys('title', 'cite');
  return { title: title(cursor.child('title')), cite: cursor.child('cite').citation() };
};

/** A day ends for everybody at once: that is what makes it anonymous, and why its period has a last midnight (R041). */
const checkEnding = (
  cursor: PackCursor,
  { kind, from, then }: Readonly<{ kind: string; from: Anchor; then: Ending }>,
): void => {
  if (from === 'day' && kind === 'keep')
    cursor.child(kind).fail('must be a ceiling: a day is gone by the midnight that its period ends at');
  if (from !== 'day' && then === 'anonymise')
    cursor.child('then').fail('only what ends by the day can be anonymised');
};

const retention = (cursor: PackCursor): Retention => {
  if (cursor.has('keep') === cursor.has('ceiling')) cursor.fail('must have either keep or ceiling');
  const kind = cursor.has('ceiling') ? 'ceiling' : 'keep';
  if (cursor.child(kind).text() === MEMBERSHIP) {
    for (const key of ['from', 'then'])
      if (cursor.has(key)) cursor.child(key).fail('a membership has no clock');
    return { kind: 'membership' };
  }
  const period = matching(cursor.child(kind), CALENDAR_PERIOD, 'P5Y');
  const from = cursor.child('from').oneOf(ANCHORS, 'event');
  const then = cursor.has('then') ? cursor.child('then').oneOf(ENDINGS, 'ending') : 'delete';
  checkEnding(cursor, { kind, from, then });
  return { kind: 'clock', rule: { kind, period }, from, then };
};

/** A figure about one person is no statistics. */
const statistics = (cursor: PackCursor): Statistics => {
  cursor.keys('k', 'chosen?', 'cite');
  const k = cursor.child('k').wholeNumber();
  if (k < 2) cursor.child('k').fail('must be at least 2');
  return { k, cite: cursor.child('cite').citation() };
};

const category =
  (holds: ReadonlyMap<string, Hold>) =>
  (cursor: PackCursor): Category => {
    cursor.keys('title', 'keep?', 'ceiling?', 'from?', 'then?', 'hold?', 'chosen?', 'cite');
    return {
      title: title(cursor.child('title')),
      retention: retention(cursor),
      hold: cursor.has('hold') ? cursor.child('hold').oneOf([...holds.keys()], 'hold') : null,
      cite: cursor.child('cite').citation(),
    };
  };

const purpose = (cursor: PackCursor): Purpose => {
  cursor.keys('title', 'basis', 'chosen?', 'cite');
  return {
    title: title(cursor.child('title')),
    basis: cursor.child('basis').oneOf(BASES, 'basis'),
    cite: cursor.child('cite').citation(),
  };
};

const closedList = (cursor: PackCursor): ClosedList => {
  cursor.keys('list', 'chosen?', 'cite');
  return { entries: cursor.child('list').named(title), cite: cursor.child('cite').citation() };
};

const role = (cursor: PackCursor): Role => {
  cursor.keys('title');
  return { title: title(cursor.child('title')) };
};

const deadline = (cursor: PackCursor): Deadline => {
  cursor.keys('within?', 'at?', 'end-of-day?', 'chosen?', 'cite');
  return { rule: clockRule(cursor), cite: cursor.child('cite').citation() };
};

const clockRule = (cursor: PackCursor): ClockRule => {
  const kinds = ['within', 'at', 'end-of-day'].filter((key) => cursor.has(key));
  if (kinds.length !== 1) cursor.fail('must have exactly one of within, at, end-of-day');
  if (cursor.has('at')) return { kind: 'at', time: matching(cursor.child('at'), TIME, '10:00') };
  if (cursor.has('within'))
    return { kind: 'within', period: matching(cursor.child('within'), PERIOD, 'PT24H') };
  if (!cursor.child('end-of-day').flag()) cursor.child('end-of-day').fail('must be true');
  return { kind: 'end-of-day' };
};

const refusals = (cursor: PackCursor): RefusalCites => {
  cursor.keys('absent', 'purpose', 'fields', 'minimum');
  return {
    absent: cursor.child('absent').citation(),
    purpose: cursor.child('purpose').citation(),
    fields: cursor.child('fields').citation(),
    minimum: cursor.child('minimum').citation(),
  };
};

const resolutions = (cursor: PackCursor, rules: readonly Rule[]): readonly Resolution[] => {
  const ids = rules.map((rule) => rule.id);
  return cursor.items().map((item) => {
    item.keys('takes', 'over', 'why');
    const takes = item.child('takes').oneOf(ids, 'rule');
    const over = item.child('over').someOf(ids, 'rule');
    const isDeny = (id: string): boolean => rules.some((rule) => rule.id === id && rule.effect === 'deny');
    if (!isDeny(takes) && over.some(isDeny)) item.fail('no allow wins over a deny');
    return { takes, over, why: item.child('why').text() };
  });
};

const header = (root: PackCursor) => {
  const name = root.child('pack').text();
  const version = root.child('version').wholeNumber();
  return {
    id: `${name}@${String(version)}`,
    name,
    version,
    title: title(root.child('title')),
    zone: zone(root.child('zone')),
  };
};

const ending = (root: PackCursor) => {
  const erasure = root.child('erasure').keys('reasons', 'cite');
  const nightly = root.child('nightly').keys('at', 'chosen?', 'cite');
  const jump = root.child('clockJump').keys('days', 'chosen?', 'cite');
  return {
    erasure: { reasons: erasure.child('reasons').named(title), cite: erasure.child('cite').citation() },
    statistics: statistics(root.child('statistics')),
    nightly: { rule: clockRule(nightly), cite: nightly.child('cite').citation() },
    clockJump: { days: jump.child('days').wholeNumber(), cite: jump.child('cite').citation() },
  };
};

const collection = (root: PackCursor) => {
  const holds = root.child('holds').named(hold);
  const categories = root.child('categories').named(category(holds));
  const purposes = root.child('purposes').named(purpose);
  const notices = root.child('notices').keys('before', 'chosen?', 'cite');
  return {
    holds,
    categories,
    purposes,
    notices: {
      before: notices.child('before').someOf([...purposes.keys()], 'purpose'),
      cite: notices.child('cite').citation(),
    },
    channels: closedList(root.child('channels')),
    provenance: closedList(root.child('provenance')),
  };
};

const KEYS = [
  ...['pack', 'version', 'title', 'zone', 'levels', 'defaults', 'holds', 'categories', 'purposes', 'notices'],
  ...['fields', 'channels', 'provenance', 'roles', 'matrix', 'deny', 'refusals', 'deadlines', 'erasure'],
  ...['statistics', 'nightly', 'clockJump', 'resolves'],
];

const build = (root: PackCursor, cited: readonly CitedPlace[]): PolicyPack => {
  root.keys(...KEYS);
  const collected = collection(root);
  const levels = root.child('levels').texts();
  const fields = parseFields(root, { ...collected, levels });
  const roles = root.child('roles').named(role);
  const rules = parseRules(root, { ...collected, fields, roles });
  return {
    ...header(root),
    ...collected,
    levels,
    fields,
    roles,
    rules,
    refusals: refusals(root.child('refusals')),
    deadlines: root.child('deadlines').named(deadline),
    ...ending(root),
    resolves: resolutions(root.child('resolves'), rules),
    cited,
  };
};

/** A parsed pack file becomes a pack, or every fault of it is named with the clause of the rule it stands in. */
export const parsePack = (raw: unknown): ParsedPack => {
  const { root, findings } = PackCursor.over(raw);
  const pack = build(root, findings.cited);
  return findings.problems.length === 0
    ? { kind: 'pack', pack }
    : { kind: 'refused', problems: eachOnce(findings.problems) };
};

/** What is missing is not also of the wrong form, and a fault seen by two readers is one. */
const eachOnce = (problems: readonly PackProblem[]): readonly PackProblem[] => {
  const missing = new Set(problems.filter(({ problem }) => problem === MISSING).map(({ path }) => path));
  const shown = problems.filter(({ path, problem }) => problem === MISSING || !missing.has(path));
  return [...new Map(shown.map((problem) => [problemText(problem), problem])).values()];
};

export const problemText = ({ path, problem, cite }: PackProblem): string =>
  `${path === '' ? 'pack' : path}: ${problem}${cite === null ? '' : ` (${cite})`}`;

/** As `parsePack`, but throws `PACK_INVALID` with every fault as a violation. */
export const packFrom = (raw: unknown): PolicyPack => {
  const parsed = parsePack(raw);
  if (parsed.kind === 'pack') return parsed.pack;
  throw new LacunaError(
    'PACK_INVALID',
    parsed.problems.map(problemText).join('\n'),
    parsed.problems.map((problem) => ({ field: problem.path, rule: problem.problem })),
  );
};

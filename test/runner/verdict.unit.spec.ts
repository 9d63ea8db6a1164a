import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Test = Readonly<{ status: 'passed' | 'failed' | 'pending'; fullName: string }>;
type File = Readonly<{ status: 'passed' | 'failed'; assertionResults: readonly Test[] }>;
type Verdict = Readonly<{ passed: number; failed: number; skipped: readonly string[] }>;
type VerdictOf = (report: object, status: number, inCi: boolean) => Verdict;

let verdictOf: VerdictOf;
beforeAll(async () => {
  const file = pathToFileURL(join(process.cwd(), 'test/runner/verdict.mjs')).href;
  ({ verdictOf } = (await import(file)) as { verdictOf: VerdictOf });
});

const report = (...files: readonly File[]) => {
  const count = (status: Test['status']) =>
    files.flatMap(({ assertionResults }) => assertionResults).filter((test) => test.status === status).length;
  return { testResults: files, numPassedTests: count('passed'), numFailedTests: count('failed') };
};
const file = (...statuses: readonly Test['status'][]): File => ({
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status, n) => ({ status, fullName: `test ${n}` })),
});

it('names what is skipped, and lets an ordinary user pass', () => {
  expect(verdictOf(report(file('passed', 'pending')), 0, false)).toEqual({
    passed: 1,
    failed: 0,
    skipped: ['test 1'],
  });
});

it('counts in CI what is skipped as failed', () => {
  expect(verdictOf(report(file('passed', 'pending', 'failed')), 1, true)).toMatchObject({ failed: 2 });
});

it('counts a file that does not load, and a runner that fails without a failed test', () => {
  expect(verdictOf(report({ status: 'failed', assertionResults: [] }), 1, false)).toMatchObject({
    failed: 1,
  });
  expect(verdictOf(report(file('passed')), 1, false)).toMatchObject({ passed: 1, failed: 1 });
});

/**
 * `npm test`: every tier that can run here, one after the other, and a closing line `N passed, N failed`.
 * `npm test -- unit int` runs just those. A tier that cannot run says "not run: <reason>", and fails in CI.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { verdictOf } from './verdict.mjs';

const root = join(import.meta.dirname, '..', '..');
const results = join(root, '.cache', 'results');
const inCi = process.env.CI === 'true';

const checks = [
  ['format', ['npm', 'run', '-s', 'format:check']],
  ['types', ['npm', 'run', '-s', 'typecheck']],
  ['lint', ['npm', 'run', '-s', 'lint']],
  ['import rules', ['npm', 'run', '-s', 'deps']],
  ['proto', ['npm', 'run', '-s', 'proto:check']],
];

const linuxX64 = () =>
  process.platform === 'linux' && process.arch === 'x64'
    ? null
    : `the embedded PostgreSQL of the lockfile is for Linux x64, this is ${process.platform} ${process.arch}`;

// Asked of the built product: only where the tier is wanted.
const javaAndMaven = async () => (await import('../../dist/infra/kafka/jars.js')).whatKafkaLacks();

/** Which EventStoreDB the log is kept on: a server that is named, or our double of one. */
const given = process.env.EVENTSTOREDB_URL ?? '';
const eventStore =
  given === ''
    ? {
        jest: {
          project: 'e2e',
          files: ['test/e2e/spine', 'test/e2e/behaviour', 'test/e2e/start'],
          env: { LACUNA_TEST_LOG: 'double' },
        },
        on: 'event store double',
      }
    : {
        // A server holds one store: one life of one.
        jest: { project: 'e2e', files: ['test/e2e/spine'], env: { LACUNA_TEST_LOG: 'eventstoredb' } },
        on: `EventStoreDB at ${given.replace(/^[^/]*\/\/(?:[^@/]*@)?/, '').replace(/[/?].*$/, '')}`,
      };

const tiers = [
  { name: 'static', reason: () => null },
  { name: 'unit', reason: () => null },
  { name: 'int', reason: linuxX64 },
  { name: 'fault', reason: linuxX64 },
  { name: 'e2e', reason: linuxX64 },
  // The same life of a store and of its behaviour, with the log on EventStoreDB.
  { name: 'e2e-log', reason: linuxX64, ...eventStore },
  // Under NODE_ENV=test, which jest sets, the Kafka client has other pauses than where it runs.
  { name: 'kafka', reason: () => linuxX64() ?? javaAndMaven(), jest: { env: { NODE_ENV: 'production' } } },
];

// They start servers of their own, several at once.
const ONE_AT_A_TIME = ['e2e', 'e2e-log', 'kafka'];

const run = ([command, ...args]) => spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;

const runChecks = () => {
  const failed = checks.filter(([name, command]) => {
    const passed = run(command);
    console.log(`static: ${name} ${passed ? 'passed' : 'FAILED'}`);
    return !passed;
  });
  return { passed: checks.length - failed.length, failed: failed.length, skipped: [] };
};

const runJest = (tier, { project = tier, files = [], env = {} } = {}) => {
  const output = join(results, `${tier}.json`);
  rmSync(output, { force: true });
  const status = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      '--selectProjects',
      project,
      ...(files.length > 0 ? ['--testPathPatterns', ...files] : []),
      '--json',
      `--outputFile=${output}`,
      '--testLocationInResults',
      '--silent',
      ...(ONE_AT_A_TIME.includes(tier) ? ['--runInBand'] : ['--maxWorkers=2']),
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } },
  ).status;
  if (!existsSync(output)) return { passed: 0, failed: 1, skipped: [] };
  const report = JSON.parse(readFileSync(output, 'utf8'));
  return verdictOf(report, status, inCi);
};

mkdirSync(results, { recursive: true });
const wanted = process.argv.slice(2);
const total = { passed: 0, failed: 0 };
for (const tier of tiers.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const reason = await tier.reason();
  if (reason !== null) {
    console.log(`${tier.name}: not run: ${reason}`);
    if (inCi) total.failed += 1;
    continue;
  }
  const started = Date.now();
  const { passed, failed, skipped } = tier.name === 'static' ? runChecks() : runJest(tier.name, tier.jest);
  total.passed += passed;
  total.failed += failed;
  const seconds = Math.round((Date.now() - started) / 1000);
  const on = tier.on === undefined ? '' : ` (${tier.on})`;
  for (const name of skipped)
    console.log(`${tier.name}: skipped${inCi ? ', counts as failed' : ''}: ${name}`);
  console.log(`${tier.name}: ${passed} of ${passed + failed} passed in ${seconds} s${on}`);
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

/**
 * Which requirement is shown by which test: `npm run trace` counts, `npm run trace R077` prints places.
 * A citation counts only if its test ran and passed in the last `npm test` (results under .cache/results).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const results = join(root, '.cache', 'results');
const cited = (text) => text.match(/\bR\d{3}\b/g) ?? [];

const requirements = new Map(
  readFileSync(join(import.meta.dirname, 'requirements.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^- (R\d{3}) (.*)$/.exec(line);
      return match ? [[match[1], match[2]]] : [];
    }),
);

const passedTests = () => {
  if (!existsSync(results)) return [];
  return readdirSync(results)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => JSON.parse(readFileSync(join(results, name), 'utf8')).testResults)
    .flatMap((file) =>
      file.assertionResults
        .filter((test) => test.status === 'passed')
        .map((test) => ({
          place: `${relative(root, file.name)}:${test.location?.line ?? 1}`,
          title: test.fullName,
          ids: cited(test.fullName),
        })),
    );
};

const sources = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && /\.(ts|yaml|sql|proto)$/.test(entry.name) && !/\.spec\.ts$/.test(entry.name),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/node_modules|generated/.test(file));

const places = (id) =>
  ['libs', 'apps', 'infra'].flatMap(sources).flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        cited(line).includes(id)
          ? [`${relative(root, file)}:${index + 1}  ${line.trim().slice(0, 100)}`]
          : [],
      ),
  );

const tests = passedTests();
const wanted = process.argv[2];

if (wanted === undefined) {
  const covered = [...requirements.keys()].filter((id) => tests.some((test) => test.ids.includes(id)));
  for (const id of covered) {
    console.log(
      `${id}  ${tests.filter((test) => test.ids.includes(id)).length} tests  ${requirements.get(id).slice(0, 80)}`,
    );
  }
  console.log(`${covered.length}/${requirements.size} requirements covered by a test that ran`);
} else if (requirements.has(wanted)) {
  console.log(`${wanted} ${requirements.get(wanted)}\n\nrule:`);
  for (const place of places(wanted)) console.log(`  ${place}`);
  console.log('tests that ran and passed:');
  for (const test of tests.filter(({ ids }) => ids.includes(wanted)))
    console.log(`  ${test.place}  ${test.title}`);
} else {
  console.error(`${wanted} is no requirement of ${requirements.size}`);
  process.exit(2);
}

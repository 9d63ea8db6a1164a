import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPackFile, type PackFileError } from './pack-file.js';

const CAR_CLUB = 'infra/policy-packs/car-club.yaml';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lacuna-packs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const problemsOf = async (text: string): Promise<readonly string[]> => {
  const file = join(folder, 'pack.yaml');
  await writeFile(file, text);
  return readPackFile(file).then(
    () => [],
    (error: unknown) => (error as PackFileError).problems,
  );
};

const edited = async (from: string | RegExp, to: string): Promise<string> => {
  const text = await readFile(CAR_CLUB, 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return changed;
};

it('reads the pack that ships', async () => {
  expect(await readPackFile(CAR_CLUB)).toMatchObject({ pack: 'car-club', zone: 'Asia/Shanghai' });
});

it.each<[string, string | RegExp, string, string]>([
  ['an unknown key', 'zone:', 'colour: red\nzone:', 'pack: must NOT have additional properties ("colour")'],
  [
    'an unknown key of a rule',
    'person: [management]',
    'persons: [management]',
    'deny.management-raw: must NOT have additional properties ("persons")',
  ],
  [
    'a number that is none',
    'within: PT24H',
    'within: 24 hours',
    'deadlines.correction.within: must match pattern',
  ],
  [
    'a missing clause',
    'when: { subject: other }, cite: R050 000§4.1',
    'when: { subject: other }',
    "deny.management-raw: must have required property 'cite'",
  ],
  [
    'an unknown action',
    'do: [status, operate]',
    'do: [statos]',
    'matrix.operator.running.do.0: must be equal to one of',
  ],
])('refuses %s and names the place', async (_, from, to, problem) => {
  expect((await problemsOf(await edited(from, to))).join('\n')).toContain(problem);
});

it('refuses a key that stands there twice, of which one would be lost', async () => {
  const problems = await problemsOf(await edited('deadlines:', 'deadlines: {}\ndeadlines:'));
  expect(problems.join('\n')).toContain('Map keys must be unique');
});

it('refuses what is not YAML', async () => {
  expect(await problemsOf('pack: [')).toHaveLength(1);
});

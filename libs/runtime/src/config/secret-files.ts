import { readFileSync } from 'node:fs';
import type { ConfigProblem } from './config-error.js';
import { settings, type Setting } from './settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

const secrets: readonly Setting[] = settings.filter((setting: Setting) => setting.secret === true);

/** Under which name a secret's file is given: what orchestrators mount need not stand in an environment. */
export const secretFileKeys: readonly string[] = secrets.map(({ key }) => `${key}_FILE`);

/** What a file that holds a secret says; null: it cannot be read. */
export const readSecret = (file: string): string | null => {
  try {
    // Editors and `echo` end a line; no address and no token does.
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return null;
  }
};

const valueOf = (key: string, environment: Environment): string | ConfigProblem | undefined => {
  const file = environment[`${key}_FILE`] ?? '';
  if (file === '') return environment[key];
  if ((environment[key] ?? '') !== '')
    return { key: `${key}_FILE`, problem: `is given beside ${key}: choose one` };
  const text = readSecret(file);
  if (text === null) return { key: `${key}_FILE`, problem: 'names a file that cannot be read' };
  return text === '' ? { key: `${key}_FILE`, problem: 'names an empty file' } : text;
};

/** The environment with each secret that is given as a file (`DATABASE_URL_FILE` for `DATABASE_URL`) read from it. */
export const withSecretFiles = (
  environment: Environment,
): Readonly<{ environment: Environment; problems: readonly ConfigProblem[] }> => {
  const read = secrets.map(({ key }) => [key, valueOf(key, environment)] as const);
  const found = Object.fromEntries(
    read.filter(([, value]) => typeof value !== 'object').map(([key, value]) => [key, value] as const),
  ) as Environment;
  const problems = read.flatMap(([, value]) => (typeof value === 'object' ? [value] : []));
  return { environment: { ...environment, ...found }, problems };
};

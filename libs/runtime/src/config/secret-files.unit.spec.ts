import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig, settings, type Environment } from '@lacuna/runtime';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lacuna-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const secretFile = (text: string): string => {
  const file = join(folder, 'secret');
  writeFileSync(file, text);
  return file;
};
const messageOf = (environment: Environment): string => {
  try {
    loadConfig(environment, '/srv/club', 'query-api');
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
};

it.each(['', '\n', '\r\n'])('takes a secret from the file that names it (%j at its end)', (end) => {
  const DATABASE_URL_FILE = secretFile(`postgres://owner:Zk93-hw2@db/club${end}`);
  expect(loadConfig({ DATABASE_URL_FILE }, '/srv/club').databaseUrl).toBe(
    'postgres://owner:Zk93-hw2@db/club',
  );
});

it('takes every secret so, and nothing else', () => {
  const urls: Readonly<Record<string, string>> = {
    DATABASE_URL: 'postgres://owner:Zk93-hw2@db/club',
    LACUNA_RUNTIME_DATABASE_URL: 'postgres://role:Zk93-hw2@db/club',
    LACUNA_LOG_URL: 'esdb://app:Zk93-hw2@log:2113',
    LACUNA_TOKEN: 'a.b.c',
  };
  for (const setting of settings) {
    const isSecret = 'secret' in setting;
    const file = secretFile(urls[setting.key] ?? 'text');
    const message = messageOf({ [`${setting.key}_FILE`]: file });
    if (isSecret) expect([setting.key, message]).toEqual([setting.key, '']);
    else if (setting.key.startsWith('LACUNA_') && !['LACUNA_LOG', 'LACUNA_KEY'].includes(setting.key))
      expect(message).toContain(`${setting.key}_FILE: is no variable of Lacuna`);
  }
});

it('G02 refuses both, a file that is not there, an empty one and a wrong secret in one, without any value', () => {
  const file = secretFile('postgres://hunter2canary');
  expect(messageOf({ DATABASE_URL_FILE: file })).toMatch(/^DATABASE_URL: expected postgres:/);
  expect(messageOf({ DATABASE_URL_FILE: file, DATABASE_URL: 'postgres://a:hunter2@b/c' })).toBe(
    'DATABASE_URL_FILE: is given beside DATABASE_URL: choose one',
  );
  expect(messageOf({ LACUNA_LOG_URL_FILE: join(folder, 'hunter2') })).toBe(
    'LACUNA_LOG_URL_FILE: names a file that cannot be read',
  );
  expect(messageOf({ LACUNA_LOG_URL_FILE: secretFile('\n') })).toBe(
    'LACUNA_LOG_URL_FILE: names an empty file',
  );
  expect(messageOf({ LACUNA_LOG_URL_FILE: '' })).toBe('');
  expect(messageOf({ DATABASE_URL_FILE: file })).not.toContain('hunter2');
});

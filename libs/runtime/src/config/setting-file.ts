import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';
import type { SettingKey } from './settings.js';

/** What stands in the file that a variable names. One that cannot be read is a wrong configuration: `ConfigError` with its name. */
export const readSettingFile = (key: SettingKey, file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch {
    throw new ConfigError([{ key, problem: 'cannot be read' }]);
  }
};

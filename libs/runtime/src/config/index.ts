export * from './config.js';
export * from './config-error.js';
export { parseAddress, type Address } from './parse-setting.js';
export { settings, type Setting, type SettingKey, type SettingKind } from './settings.js';
export { readSecret } from './secret-files.js';
export { readSettingFile } from './setting-file.js';

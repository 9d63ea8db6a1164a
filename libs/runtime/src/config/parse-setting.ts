import { isAbsolute, resolve } from 'node:path';
import type { SettingKind } from './settings.js';

/** Where something listens. */
export type Address = Readonly<{ host: string; port: number }>;

/** A value as it is used, or what is wrong with it (never the value itself). */
export type Parsed = Readonly<{ value: string }> | Readonly<{ problem: string }>;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
// What examples and images ship with: whoever runs with one of these has not chosen a password.
const DEFAULT_PASSWORDS = new Set([
  ...['postgres', 'password', 'passw0rd', 'secret', 'changeme', 'change-me', 'change_me'],
  ...['admin', 'root', 'test', 'example', 'lacuna', 'default', 'pass', '1234', '12345', '123456'],
  'changeit',
]);

const DEFAULT_PASSWORD = 'the password is a well-known default: choose one';

/** What is wrong with the password of an address; null: nothing. */
const problemOf = (password: string): string | null => {
  try {
    return DEFAULT_PASSWORDS.has(decodeURIComponent(password).toLowerCase()) ? DEFAULT_PASSWORD : null;
  } catch {
    return 'the password is not percent-encoded';
  }
};

const withPassword = (text: string, password: string): Parsed => {
  const problem = problemOf(password);
  return problem === null ? { value: text } : { problem };
};

const urlOf = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

/** `127.0.0.1:50051`, `[::1]:0`. */
export const parseAddress = (text: string): Address | null => {
  const found = /^(\[[0-9a-fA-F:]+\]|[^\s:]+):(\d{1,5})$/.exec(text);
  const port = Number(found?.[2]);
  return found?.[1] !== undefined && port <= 65_535 ? { host: found[1].replace(/^\[|\]$/g, ''), port } : null;
};

const postgresUrl = (text: string): Parsed => {
  const url = urlOf(text);
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol) || url.pathname.length < 2)
    return { problem: 'expected postgres://user:password@host:port/database' };
  const overSocket = url.hostname === '' || url.searchParams.get('host')?.startsWith('/') === true;
  if (url.password === '' && !overSocket) return { problem: 'the password is missing' };
  return withPassword(text, url.password);
};

// Several hosts are no URL that `URL` would take.
const LOG_URL =
  /^esdb(?:\+discover)?:\/\/(?:[^:@/?]+(?::(?<password>[^@/?]*))?@)?[^@/?]+\/?(?:\?(?<query>.*))?$/;

// Without TLS an EventStoreDB asks nobody who they are; with it, whoever gives no password has forgotten it.
const logUrl = (text: string): Parsed => {
  const found = LOG_URL.exec(text)?.groups;
  if (!found) return { problem: 'expected esdb://user:password@host:port, or esdb+discover://...' };
  const isPlain = new URLSearchParams(found['query']?.toLowerCase()).get('tls') === 'false';
  const password = found['password'] ?? '';
  if (password === '' && !isPlain) return { problem: 'the password is missing' };
  return withPassword(text, password);
};

const brokers = (text: string): Parsed =>
  text.split(',').every((one) => (parseAddress(one.trim())?.port ?? 0) > 0)
    ? { value: text.replaceAll(' ', '') }
    : { problem: 'expected host:port, several with commas' };

// An instant without an offset means another moment on every machine.
const instant = (text: string): Parsed =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text) &&
  !Number.isNaN(Date.parse(text))
    ? { value: new Date(text).toISOString() }
    : { problem: 'expected an instant with its offset, 1998-07-01T00:00+08:00' };

const path = (text: string): Parsed => ({ value: text === '-' || isAbsolute(text) ? text : resolve(text) });

const oneOf = (text: string, ...accepted: readonly string[]): Parsed =>
  accepted.includes(text) ? { value: text } : { problem: `expected ${accepted.join(', ')}` };

const parsers: Readonly<Record<SettingKind, (text: string) => Parsed>> = {
  folder: path,
  file: path,
  address: (text) => (parseAddress(text) ? { value: text } : { problem: 'expected host:port' }),
  brokers,
  copies: (text) => (/^[1-9]$/.test(text) ? { value: text } : { problem: 'expected a number from 1 to 9' }),
  instant,
  'postgres-url': postgresUrl,
  'log-url': logUrl,
  'http-url': (text) =>
    urlOf(text)?.protocol.startsWith('http') ? { value: text } : { problem: 'expected an http or https URL' },
  text: (text) => (text.trim() === '' ? { problem: 'is blank' } : { value: text }),
  switch: (text) => oneOf(text, 'on', 'off'),
  level: (text) => oneOf(text, ...LEVELS),
  auth: (text) => oneOf(text, 'demo', 'jwks'),
};

export const parseSetting = (kind: SettingKind, text: string): Parsed => parsers[kind](text);

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { destination, pino, type DestinationStream } from 'pino';
import { traceFields } from '../telemetry/tracing.js';
import { safeError } from './safe-error.js';

/** What a line may say beside its message: names, counts, codes, durations, and `err`. No payload, no personal value, no key. */
export type LogFields = Readonly<{
  err?: unknown;
  [name: string]: unknown;
}>;

/** The process's log: one JSON object a line. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
  /** A logger whose lines all carry `component`. */
  for(component: string): Logger;
  /** Everything said so far is written. */
  flush(): void;
}

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';
const REMOVED = '[removed]';
// A second net below "nobody logs these": names that stand for a person or a secret wherever they appear.
const FORBIDDEN =
  /^(name|mobile|phone|plate|vin|idnumber|id_number|realnameid|real_name_id|customernumber|customer_number|memberid|member_id|payload|data|body|metadata|authorization|token|password|secret|key|url|value|sealed|plaintext|request)$/i;
// A mobile number, an ID number, a token, a password in a URL: also inside a text.
const SUSPICIOUS = /\b1\d{10}\b|\b\d{17}[\dXx]\b|\beyJ[\w-]+\.[\w-]+\.[\w-]*|:\/\/[^\s/]+:[^\s/]+@/g;

const redactText = (text: string): string => text.replace(SUSPICIOUS, REMOVED);

const redact = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redact(safeError(value), depth);
  if (depth > 6 || Buffer.isBuffer(value)) return REMOVED;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return redactFields(value, depth + 1);
};

const redactFields = (fields: object, depth = 0): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (name === 'err') return [name, redact(safeError(value), depth)];
      // `name` and `code` of a safe error are not a person's: they are reached through `err` only.
      return [name, FORBIDDEN.test(name) && !isSafeErrorName(fields, name) ? REMOVED : redact(value, depth)];
    }),
  );

const isSafeErrorName = (fields: object, name: string): boolean => name === 'name' && 'stack' in fields;

const wrap = (log: pino.Logger, flush: () => void): Logger => {
  const write =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void =>
      log[level](redactFields(fields), redactText(message));
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
    for: (component) => wrap(log.child({ component }), flush),
    flush,
  };
};

const open = (file: string | null): DestinationStream & { flushSync?: () => void } => {
  if (file === null) return destination({ dest: 2, sync: true });
  mkdirSync(dirname(file), { recursive: true });
  return destination({ dest: file, sync: true, append: true, mkdir: true, mode: 0o600 });
};

/** Opens the log of a process. Lines are written when the call returns: a crash loses none. */
export const createLogger = (options: Readonly<{ level: string; file: string | null }>): Logger =>
  loggerOn(open(options.file), options.level);

/** A log on a stream of the caller's. */
export const loggerOn = (stream: DestinationStream & { flushSync?: () => void }, level = 'info'): Logger =>
  wrap(
    pino(
      {
        level,
        serializers: { err: (safe: unknown) => safe },
        base: { pid: process.pid },
        timestamp: pino.stdTimeFunctions.isoTime,
        mixin: traceFields,
      },
      stream,
    ),
    () => stream.flushSync?.(),
  );

/** For a place that must have a logger and nobody listens. */
export const silentLogger: Logger = loggerOn({ write: () => undefined }, 'fatal');

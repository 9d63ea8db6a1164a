/** An error as the log may hold it: what kind, which code, where; never a value. */
export type SafeError = Readonly<{
  name: string;
  code?: string;
  message?: string;
  place?: Readonly<Record<string, string>>;
  stack: readonly string[];
  cause?: SafeError;
}>;

// Their messages are written by us and hold no personal value. Every other library's may: PostgreSQL says
// "Key (phone)=(...) already exists", a parser quotes its input.
const OUR_ERRORS = new Set(['LacunaError', 'ConfigError', 'ClockMismatch']);
// What PostgreSQL says about the place of a failure, in names of the schema.
const PLACES = [
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
  'syscall',
  'address',
  'port',
];
const MAX_CAUSES = 4;
const MAX_FRAMES = 12;

const framesOf = (stack: string | undefined): readonly string[] =>
  (stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim());

const placeOf = (error: object): Readonly<Record<string, string>> | undefined => {
  const found = Object.entries(error)
    .filter(([name, value]) => PLACES.includes(name) && ['string', 'number'].includes(typeof value))
    .map(([name, value]) => [name, String(value)] as const);
  return found.length > 0 ? Object.fromEntries(found) : undefined;
};

const codeOf = (error: object): string | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined;
};

/** Reduces whatever was thrown to what can be written down. */
export const safeError = (thrown: unknown, depth = 0): SafeError => {
  if (!(thrown instanceof Error)) return { name: `thrown ${typeof thrown}`, stack: [] };
  const code = codeOf(thrown);
  const place = placeOf(thrown);
  return {
    name: thrown.name,
    ...(code === undefined ? {} : { code }),
    ...(OUR_ERRORS.has(thrown.name) ? { message: thrown.message } : {}),
    ...(place === undefined ? {} : { place }),
    stack: framesOf(thrown.stack),
    ...(thrown.cause === undefined || depth >= MAX_CAUSES
      ? {}
      : { cause: safeError(thrown.cause, depth + 1) }),
  };
};

/** One record of a CSV file, as byte ranges of the buffer it was found in. */
export type ScannedRecord = Readonly<{
  kind: 'record';
  fields: readonly Buffer[];
  /** Where its content ends, before the line end. */
  end: number;
  /** Where the next record begins. */
  next: number;
}>;

/** A line that is no record: a quote in it opens, closes or stands where RFC 4180 has none. */
export type SpoiltLine = Readonly<{ kind: 'spoilt'; end: number; next: number }>;

/** `incomplete`: the record goes on behind the end of the buffer. */
export type Scan = ScannedRecord | SpoiltLine | Readonly<{ kind: 'incomplete' }>;

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

type Field = Readonly<{ value: Buffer; stop: number }>;
type FieldScan = Field | 'incomplete' | 'spoilt';

const unescape = (raw: Buffer): Buffer =>
  raw.includes('""') ? Buffer.from(raw.toString('latin1').replaceAll('""', '"'), 'latin1') : raw;

// Whether a field may end at `at`: before a comma, a line end or the end of the file.
const isStop = (buffer: Buffer, at: number): boolean => {
  const byte = buffer[at];
  return byte === undefined || byte === COMMA || byte === LF || (byte === CR && buffer[at + 1] === LF);
};

const scanQuoted = (buffer: Buffer, from: number, isLast: boolean): FieldScan => {
  let at = from + 1;
  for (;;) {
    const quote = buffer.indexOf(QUOTE, at);
    // A quote, or a CR, as the last byte may have its other half in what comes next.
    if (quote === -1) return isLast ? 'spoilt' : 'incomplete';
    if (!isLast && quote + 2 >= buffer.length) return 'incomplete';
    if (buffer[quote + 1] !== QUOTE) {
      const value = unescape(buffer.subarray(from + 1, quote));
      return isStop(buffer, quote + 1) ? { value, stop: quote + 1 } : 'spoilt';
    }
    at = quote + 2;
  }
};

const scanPlain = (buffer: Buffer, from: number, isLast: boolean): FieldScan => {
  for (let at = from; at < buffer.length; at += 1) {
    if (buffer[at] === QUOTE) return 'spoilt';
    if (buffer[at] === CR && at + 1 === buffer.length && !isLast) return 'incomplete';
    if (isStop(buffer, at)) return { value: buffer.subarray(from, at), stop: at };
  }
  return isLast ? { value: buffer.subarray(from), stop: buffer.length } : 'incomplete';
};

const lineEnd = (buffer: Buffer, stop: number): number => {
  if (stop >= buffer.length) return stop;
  return buffer[stop] === CR ? stop + 2 : stop + 1;
};

/** The physical line from `from` on, whatever is in it. */
export const scanLine = (
  buffer: Buffer,
  from: number,
  isLast: boolean,
): SpoiltLine | Readonly<{ kind: 'incomplete' }> => {
  const feed = buffer.indexOf(LF, from);
  if (feed === -1)
    return isLast ? { kind: 'spoilt', end: buffer.length, next: buffer.length } : { kind: 'incomplete' };
  const end = feed > from && buffer[feed - 1] === CR ? feed - 1 : feed;
  return { kind: 'spoilt', end, next: feed + 1 };
};

/**
 * Scans one record of RFC 4180 from `from` on: fields in quotes may hold commas, line ends and doubled quotes.
 * A stray or unclosed quote spoils the line it is in and no other: the next record begins on the next line.
 * `isLast`: nothing follows this buffer.
 */
export const scanRecord = (buffer: Buffer, from: number, isLast: boolean): Scan => {
  const fields: Buffer[] = [];
  let at = from;
  for (;;) {
    const field = (buffer[at] === QUOTE ? scanQuoted : scanPlain)(buffer, at, isLast);
    if (field === 'incomplete') return { kind: 'incomplete' };
    if (field === 'spoilt') return scanLine(buffer, from, isLast);
    fields.push(field.value);
    if (buffer[field.stop] !== COMMA)
      return { kind: 'record', fields, end: field.stop, next: lineEnd(buffer, field.stop) };
    at = field.stop + 1;
  }
};

import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { DoubleRecord } from './double-records.js';

export const pageOf = (options: ReadReq.Options): number => Number(options.getCount());

const matcher = (expression: ReadReq.Options.FilterOptions.Expression): ((text: string) => boolean) => {
  const regex = expression.getRegex();
  if (regex !== '') {
    const compiled = new RegExp(regex);
    return (text) => compiled.test(text);
  }
  const prefixes = expression.getPrefixList();
  return (text) => prefixes.some((prefix) => text.startsWith(prefix));
};

/** The server-side filter; without one everything passes, the server's own events too. */
export const filterOf = (options: ReadReq.Options): ((record: DoubleRecord) => boolean) => {
  const filter = options.getFilter();
  const [stream, type] = [filter?.getStreamIdentifier(), filter?.getEventType()];
  if (stream) {
    const matches = matcher(stream);
    return (record) => matches(record.stream);
  }
  if (!type) return () => true;
  const matches = matcher(type);
  return (record) => matches(record.type);
};

/** A checkpoint comes after so many considered records: the search window times the multiplier. */
export const checkpointEvery = (options: ReadReq.Options): number => {
  const filter = options.getFilter();
  if (!filter) return Infinity;
  const window = filter.hasMax() ? filter.getMax() : 32;
  return window * filter.getCheckpointintervalmultiplier();
};

import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { Position, Revision } from '../event-store.port.js';

export type StreamReadRequest = Readonly<{
  stream: string;
  direction: 'forward' | 'backward';
  /** `null`: from the end it begins at. */
  from: Revision | null;
  count: number;
}>;

const requestOf = (options: ReadReq.Options): ReadReq => {
  const uuid = new streams.ReadReq.Options.UUIDOption();
  uuid.setString(new shared.Empty());
  options.setUuidOption(uuid);
  options.setResolveLinks(false);
  const request = new streams.ReadReq();
  request.setOptions(options);
  return request;
};

const directionOf = (direction: 'forward' | 'backward'): ReadReq.Options.ReadDirection =>
  direction === 'forward'
    ? streams.ReadReq.Options.ReadDirection.FORWARDS
    : streams.ReadReq.Options.ReadDirection.BACKWARDS;

/** Of a stream by its name in the server. */
export const streamRequest = ({ stream, direction, from, count }: StreamReadRequest): ReadReq => {
  const name = new shared.StreamIdentifier();
  name.setStreamName(Buffer.from(stream));
  const wanted = new streams.ReadReq.Options.StreamOptions();
  wanted.setStreamIdentifier(name);
  if (from !== null) wanted.setRevision(from.toString());
  else if (direction === 'forward') wanted.setStart(new shared.Empty());
  else wanted.setEnd(new shared.Empty());
  const options = new streams.ReadReq.Options();
  options.setStream(wanted);
  options.setReadDirection(directionOf(direction));
  options.setCount(String(count));
  options.setNoFilter(new shared.Empty());
  return requestOf(options);
};

// How many records the server looks at before it sends a checkpoint, or gives what it found so far.
const SEARCH_WINDOW = 1_000;

// There are none in a log that keeps everything: the first one decides.
const MOST_FOUND = '1000';

const filterOf = (prefixes: readonly string[]): ReadReq.Options.FilterOptions => {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression();
  expression.setPrefixList([...prefixes]);
  const filter = new streams.ReadReq.Options.FilterOptions();
  filter.setStreamIdentifier(expression);
  filter.setMax(SEARCH_WINDOW);
  filter.setCheckpointintervalmultiplier(1);
  return filter;
};

/** The newest event whose stream's name begins so: the server looks backward from the end. */
export const newestRequest = (prefix: string): ReadReq => {
  const all = new streams.ReadReq.Options.AllOptions();
  all.setEnd(new shared.Empty());
  const options = new streams.ReadReq.Options();
  options.setAll(all);
  options.setReadDirection(directionOf('backward'));
  options.setCount('1');
  options.setFilter(filterOf([prefix]));
  return requestOf(options);
};

/** Everything whose stream's name begins so, from the beginning to the end of now: the server looks through it all. */
export const searchRequest = (prefixes: readonly string[]): ReadReq => {
  const all = new streams.ReadReq.Options.AllOptions();
  all.setStart(new shared.Empty());
  const options = new streams.ReadReq.Options();
  options.setAll(all);
  options.setReadDirection(directionOf('forward'));
  options.setCount(MOST_FOUND);
  options.setFilter(filterOf(prefixes));
  return requestOf(options);
};

/** Everything after a position whose stream's name begins so, and then what comes. */
export const subscriptionRequest = (prefixes: readonly string[], after: Position): ReadReq => {
  const all = new streams.ReadReq.Options.AllOptions();
  if (after === 0n) all.setStart(new shared.Empty());
  else {
    const position = new streams.ReadReq.Options.Position();
    position.setCommitPosition(after.toString());
    position.setPreparePosition(after.toString());
    all.setPosition(position);
  }
  const options = new streams.ReadReq.Options();
  options.setAll(all);
  options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
  options.setFilter(filterOf(prefixes));
  return requestOf(options);
};

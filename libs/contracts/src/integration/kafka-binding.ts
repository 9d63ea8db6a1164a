import {
  EnvelopeError,
  fromAttributes,
  toAttributes,
  toBytes,
  type Attributes,
  type PublishedEvent,
} from './envelope.js';
import { topicOf } from './topics.js';

/** A record as a producer sends it. `timestamp`: milliseconds as text; never the sender's own clock, see `topics`. */
export type KafkaRecord = Readonly<{
  topic: string;
  key: string;
  value: Buffer | null;
  headers: Readonly<Record<string, string>>;
  timestamp: string;
}>;

/** A record as a consumer has it: every Kafka client gives header values as bytes or text, some a list where one repeats. */
export type ReceivedRecord = Readonly<{
  key: Uint8Array | string | null;
  value: Uint8Array | null;
  headers?: Readonly<Record<string, HeaderValue>> | undefined;
}>;
type HeaderValue = Uint8Array | string | readonly (Uint8Array | string)[] | undefined;

const PREFIX = 'ce_';
/** W3C Trace Context: no attribute of the event, but of its way here. */
const TRACEPARENT = 'traceparent';
/** The one attribute that the binding does not prefix. */
const CONTENT_TYPE = 'content-type';

const headerName = (attribute: string): string =>
  attribute === 'datacontenttype' ? CONTENT_TYPE : `${PREFIX}${attribute}`;

/** CloudEvents 1.0, Kafka protocol binding, binary content mode. A tombstone has headers and no value. */
export const toKafkaRecord = (
  event: PublishedEvent & Readonly<{ stamp: string; trace?: string }>,
): KafkaRecord => ({
  topic: topicOf(event.context),
  key: event.key,
  value: toBytes(event),
  headers: {
    ...Object.fromEntries(
      Object.entries(toAttributes(event)).map(([name, value]) => [headerName(name), value]),
    ),
    ...(event.trace === undefined ? {} : { [TRACEPARENT]: event.trace }),
  },
  timestamp: String(Date.parse(event.stamp)),
});

const textOf = (value: Uint8Array | string): string =>
  typeof value === 'string' ? value : new TextDecoder().decode(value);

const attributeName = (header: string): string | null => {
  const name = header.toLowerCase();
  if (name === CONTENT_TYPE) return 'datacontenttype';
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null;
};

const attributesOf = (headers: ReceivedRecord['headers']): Attributes =>
  Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([header, value]): readonly [string, string][] => {
      const name = attributeName(header);
      const [only, second] =
        value === undefined || typeof value === 'string' || value instanceof Uint8Array ? [value] : value;
      if (name === null || only === undefined) return [];
      if (second !== undefined) throw new EnvelopeError(name);
      return [[name, textOf(only)]];
    }),
  );

/** Reads a record back, a tombstone too; `EnvelopeError` for what is none of ours, or lies under another key. */
export const fromKafkaRecord = ({ key, value, headers }: ReceivedRecord): PublishedEvent => {
  const event = fromAttributes(attributesOf(headers), value);
  if (key === null || textOf(key) !== event.key) throw new EnvelopeError('partitionkey');
  return event;
};

import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { RecordedEvent, Revision } from '../event-store.port.js';
import type { LogClient } from './log-client.js';
import { newestRequest, searchRequest, streamRequest, type StreamReadRequest } from './read-requests.js';
import { withRetries, type RetryPolicy } from './retry.js';
import { eventOf, recordOf, type ServerRecord } from './server-records.js';
import { LOG_PREFIX, serverStream } from './stream-names.js';

/** Reads that end, each one call, tried again while the server is away. */
export type ServerReads = Readonly<{
  /** `null`: no such stream. */
  records(request: StreamReadRequest): Promise<readonly ServerRecord[] | null>;
  last(stream: string): Promise<Revision | null>;
  eventAt(stream: string, revision: Revision): Promise<RecordedEvent | null>;
  /** The records of all streams whose names begin so, at most some. */
  search(prefixes: readonly string[]): Promise<readonly ServerRecord[]>;
  /** The newest event of the log. */
  newest(): Promise<RecordedEvent | null>;
}>;

// The server looks through everything that it holds.
const SEARCH_MS = 600_000;

const responsesOf = async (client: LogClient, request: ReadReq, deadlineMs: number): Promise<ReadResp[]> => {
  const call = await client.openRead(request, deadlineMs);
  const responses: ReadResp[] = [];
  try {
    for await (const response of call as AsyncIterable<ReadResp>) responses.push(response);
    return responses;
  } finally {
    call.on('error', () => undefined);
    call.cancel();
  }
};

export const createServerReads = (
  client: LogClient,
  policy: RetryPolicy,
  deadlineMs: number,
): ServerReads => {
  const read = (request: ReadReq, withinMs = deadlineMs): Promise<ReadResp[]> =>
    withRetries(policy, () => responsesOf(client, request, withinMs));
  const records: ServerReads['records'] = async (request) => {
    const responses = await read(streamRequest(request));
    if (responses.some((response) => response.hasStreamNotFound())) return null;
    return responses.flatMap((response) => recordOf(response) ?? []);
  };
  return {
    records,
    last: async (stream) => {
      const found = await records({
        stream: serverStream(stream),
        direction: 'backward',
        from: null,
        count: 1,
      });
      return found?.[0]?.revision ?? null;
    },
    eventAt: async (stream, revision) => {
      const found = await records({
        stream: serverStream(stream),
        direction: 'forward',
        from: revision,
        count: 1,
      });
      const record = found?.[0];
      return record?.revision === revision ? eventOf(record) : null;
    },
    search: async (prefixes) =>
      (await read(searchRequest(prefixes), SEARCH_MS)).flatMap((response) => recordOf(response) ?? []),
    newest: async () => {
      const [record] = (await read(newestRequest(LOG_PREFIX))).flatMap(
        (response) => recordOf(response) ?? [],
      );
      return record ? eventOf(record) : null;
    },
  };
};

import { EventStoreDBClient, UnavailableError } from '@eventstore/db-client';
import streamServices from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { connectionSettings } from './connection-settings.js';

export type BatchStream = ReturnType<StreamsClient['batchAppend']>;
export type BatchCall = Readonly<{
  stream: BatchStream;
  /** Away from the node that this call asks: whoever comes next looks for the leader. */
  leaveNode: () => void;
}>;
export type ReadCall = ReturnType<StreamsClient['read']>;

/**
 * The client, with the calls that its public face lacks: writes whose order is kept and whose pending answers are
 * this connection's own (the client's appends share one table over all connections of a process, and one broken
 * connection fails, and may crash, the others), and reads with a filter. Everything is asked of the leader: a
 * follower may not hold yet what was answered a moment ago.
 */
export class LogClient extends EventStoreDBClient {
  private latest: Pick<StreamsClient, 'close'> | null = null;

  constructor(connectionString: string) {
    const { server, channel, credentials } = connectionSettings(connectionString);
    super(server, channel, credentials);
    const { handleError } = this;
    // The client calls this behind everybody's back, and it may wait for a connection that cannot be made: a promise
    // that nobody watches would end the process while a cluster is away.
    this.handleError = (client, error) => handleError(client, error).catch(() => undefined);
  }

  async openBatch(): Promise<BatchCall> {
    let leaveNode = (): void => undefined;
    const stream = await this.GRPCStreamCreator(streamServices.StreamsClient, 'batchAppend', (client) => {
      this.latest = client;
      leaveNode = () => void this.handleError(client, new UnavailableError());
      const [metadata, options] = this.callArguments({ requiresLeader: true }, { deadline: Infinity });
      return client.batchAppend(metadata, options);
    })();
    return { stream, leaveNode };
  }

  openRead(request: ReadReq, deadlineMs = Infinity): Promise<ReadCall> {
    const deadline = Number.isFinite(deadlineMs) ? Date.now() + deadlineMs : Infinity;
    return this.GRPCStreamCreator(streamServices.StreamsClient, 'read', (client) => {
      this.latest = client;
      const [metadata, options] = this.callArguments({ requiresLeader: true }, { deadline });
      return client.read(request, metadata, options);
    })();
  }

  async close(): Promise<void> {
    await this.dispose();
    this.latest?.close();
  }
}

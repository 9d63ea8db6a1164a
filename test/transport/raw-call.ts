import { connect } from 'node:http2';

/** A gRPC call by hand, for what no client library would send. */
export type RawCall = Readonly<{
  url: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** Bytes of the DATA frames; the request stays open, so that an answer shows what the server did not wait for. */
  body: Buffer;
  end?: boolean;
}>;

/** A gRPC message's prefix: not compressed, so many bytes to come. */
export const lengthPrefix = (length: number): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  return prefix;
};

export const framed = (message: Uint8Array): Buffer => Buffer.concat([lengthPrefix(message.length), message]);

/** The headers or trailers that a raw call ended with, as they came. */
export const rawEnd = (call: RawCall): Promise<Readonly<Record<string, unknown>>> =>
  new Promise((resolve, reject) => {
    const session = connect(`http://${call.url}`);
    session.once('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': call.path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...call.headers,
    });
    const settle = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers['grpc-status'] === undefined) return;
      session.destroy();
      resolve(headers);
    };
    stream.on('response', settle);
    stream.on('trailers', settle);
    stream.on('error', () => undefined);
    stream.resume();
    stream.write(call.body);
    if (call.end === true) stream.end();
  });

/** The gRPC status of a raw call. */
export const rawStatus = async (call: RawCall): Promise<number> =>
  Number((await rawEnd(call))['grpc-status']);

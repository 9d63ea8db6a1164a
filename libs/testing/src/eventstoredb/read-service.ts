import { randomUUID } from 'node:crypto';
import { status, type handleServerStreamingCall } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { refusal, rpcError, streamDeleted, type DoubleNode, type RpcError } from './double-node.js';
import { outletOf, type Outlet, type ReadCall } from './outlet.js';
import { filterOf, pageOf } from './read-options.js';
import { shared, streams } from './stubs.js';
import { subscribeToAll } from './subscription-service.js';

const streamNotFound = (name: Uint8Array | string): ReadResp => {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(name);
  const missing = new streams.ReadResp.StreamNotFound();
  missing.setStreamIdentifier(identifier);
  const response = new streams.ReadResp();
  response.setStreamNotFound(missing);
  return response;
};

const isBackwards = (options: ReadReq.Options): boolean =>
  options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;

const startRevision = (wanted: ReadReq.Options.StreamOptions): bigint => {
  if (wanted.hasRevision()) return BigInt(wanted.getRevision());
  return wanted.hasEnd() ? 2n ** 63n - 1n : 0n;
};

const readStream = async (
  node: DoubleNode,
  options: ReadReq.Options,
  wanted: ReadReq.Options.StreamOptions,
  outlet: Outlet,
): Promise<void> => {
  const bytes = wanted.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array();
  const stream = Buffer.from(bytes).toString('utf8');
  if (node.log.isTombstoned(stream)) throw streamDeleted(stream);
  const records = node.log.visible(stream);
  if (!records) return outlet.other(streamNotFound(bytes));
  const isBackward = isBackwards(options);
  const from = startRevision(wanted);
  const found = records.filter(({ revision }) => (isBackward ? revision <= from : revision >= from));
  if (isBackward) found.reverse();
  for (const record of found.slice(0, pageOf(options))) {
    if (outlet.isGone()) return;
    await outlet.event(record);
  }
};

/** Forward the record there comes first, backward the one before it; what is no record's place is refused. */
const startIndex = (node: DoubleNode, all: ReadReq.Options.AllOptions): number => {
  if (all.hasStart()) return 0;
  if (all.hasEnd()) return node.log.all.length;
  const index = node.log.indexOf(BigInt(all.getPosition()?.getCommitPosition() ?? '0'));
  if (index === null) throw rpcError(status.INVALID_ARGUMENT, 'Trying to read from an invalid position.');
  return index;
};

const readAll = async (
  node: DoubleNode,
  options: ReadReq.Options,
  wanted: ReadReq.Options.AllOptions,
  outlet: Outlet,
): Promise<void> => {
  const isBackward = isBackwards(options);
  const matches = filterOf(options);
  let index = startIndex(node, wanted);
  const end = node.log.all.length - node.lag();
  for (let left = pageOf(options); left > 0; index += isBackward ? -1 : 1) {
    const record = node.log.all[isBackward ? Math.min(index, end) - 1 : index];
    if (!record || outlet.isGone() || (!isBackward && index >= end)) return;
    if (!matches(record)) continue;
    await outlet.event(record);
    left -= 1;
  }
};

const subscribe = async (
  node: DoubleNode,
  options: ReadReq.Options,
  wanted: ReadReq.Options.AllOptions,
  outlet: Outlet,
): Promise<void> => {
  const after = wanted.hasStart() ? -1 : startIndex(node, wanted);
  node.log.asked.subscribedBehind.push(node.log.all[after]?.position ?? -1n);
  const confirmation = new streams.ReadResp.SubscriptionConfirmation();
  confirmation.setSubscriptionId(randomUUID());
  const confirmed = new streams.ReadResp();
  confirmed.setConfirmation(confirmation);
  await outlet.other(confirmed);
  return subscribeToAll(node, options, after, outlet);
};

const read = async (node: DoubleNode, call: ReadCall): Promise<void> => {
  const refused = refusal(node, call.metadata);
  if (refused) throw refused;
  const options = call.request.getOptions();
  if (!options?.getUuidOption())
    throw rpcError(status.INVALID_ARGUMENT, '`uuidOption` is a required argument');
  const [stream, all] = [options.getStream(), options.getAll()];
  const outlet = outletOf(node, call);
  if (stream && !options.hasSubscription()) return readStream(node, options, stream, outlet);
  if (!all) throw rpcError(status.INVALID_ARGUMENT, 'The combination is invalid.');
  return options.hasSubscription()
    ? subscribe(node, options, all, outlet)
    : readAll(node, options, all, outlet);
};

export const readService =
  (node: DoubleNode): handleServerStreamingCall<ReadReq, ReadResp> =>
  (call) => {
    call.on('error', () => undefined);
    if (node.faults.isSilent) return;
    read(node, call).then(
      () => call.end(),
      (error: unknown) => call.emit('error', error as RpcError),
    );
  };

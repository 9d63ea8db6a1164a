import { status } from '@grpc/grpc-js';
import type { AppendReq, BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { DoubleExpected } from './double-log.js';
import { rpcError } from './double-node.js';
import type { ProposedRecord } from './double-records.js';

/** What both calls that write say in the same words. */
export const NO_STREAM = -1n;

type Expecting = Readonly<Record<'hasNoStream' | 'hasAny' | 'hasStreamExists', () => boolean>>;

/** `revision`: where the options name one. */
export const expectedOf = (options: Expecting, revision: string): DoubleExpected => {
  if (options.hasNoStream()) return 'none';
  if (options.hasAny()) return 'any';
  return options.hasStreamExists() ? 'exists' : BigInt(revision);
};

export const proposedOf = (
  message: AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage,
): ProposedRecord => {
  const metadata = message.getMetadataMap();
  const type = metadata.get('type');
  const contentType = metadata.get('content-type');
  if (type === undefined || contentType === undefined)
    throw rpcError(status.INVALID_ARGUMENT, 'Required Metadata Property is missing', {
      exception: 'missing-required-metadata-property',
      'required-metadata-properties': 'type,content-type',
    });
  return {
    id: message.getId()?.getString() ?? '',
    type,
    isJson: contentType === 'application/json',
    data: Buffer.from(message.getData_asU8()),
    metadata: Buffer.from(message.getCustomMetadata_asU8()),
  };
};

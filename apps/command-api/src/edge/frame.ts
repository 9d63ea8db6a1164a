import type { Caller, RequestFrame } from '@lacuna/application';
import type { Identity } from '@lacuna/runtime';
import type { FramedDto } from './frame.dto.js';

/** Who asks, for the application: the token's identity and nothing of the request. */
export const callerOf = (identity: Identity): Caller => identity;

export const frameOf = (
  identity: Identity,
  { requestId, processing }: Pick<FramedDto, 'requestId' | 'processing'>,
): RequestFrame => {
  const { channel, lawfulBasis, purposes, noticeVersion, provenance } = processing;
  return {
    caller: callerOf(identity),
    requestId,
    processing: { channel, lawfulBasis, purposes, noticeVersion: noticeVersion || null, provenance },
  };
};

/** Of a command that handles no person's data: nothing is processed. */
export const unprocessedFrame = (identity: Identity, requestId: string): RequestFrame => ({
  caller: callerOf(identity),
  requestId,
  processing: { channel: '', lawfulBasis: '', purposes: [], noticeVersion: null, provenance: '' },
});

import type { Caller, RequestFrame } from '@lacuna/application';
import type { Identity } from '@lacuna/runtime';
import type { FramedDto } from './frame.dto.js';

/** Who asks, for the application: the token's identity and nothing of the request. */
export const callerOf = (identity: Identity): Caller => identity;

export const frameOf = (identity: Identity, { requestId, processing }: FramedDto): RequestFrame => {
  const { channel, lawfulBasis, purposes, noticeVersion, provenance } = processing;
  return {
    caller: callerOf(identity),
    requestId,
    processing: { channel, lawfulBasis, purposes, noticeVersion: noticeVersion || null, provenance },
  };
};

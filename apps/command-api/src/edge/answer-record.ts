import {
  assertAwaited,
  assertDecoded,
  logFailure,
  toRpcStatus,
  type RpcStatus,
  type ServerCall,
} from '@lacuna/contracts';

export type RecordAnswer<Case extends string, Value> = Readonly<{
  requestId: string;
  result: { $case: Case; value: Value } | { $case: 'error'; value: RpcStatus };
}>;

/** One record of a stream: its own answer or its own error, never the stream's end. */
export const answerRecord = async <Case extends string, Value>(
  call: ServerCall,
  message: Readonly<{ request?: Readonly<{ requestId: string }> | undefined }>,
  $case: Case,
  work: () => Promise<Value>,
): Promise<RecordAnswer<Case, Value>> => {
  const requestId = message.request?.requestId ?? '';
  try {
    assertDecoded(message);
    assertAwaited(call);
    return { requestId, result: { $case, value: await work() } };
  } catch (error) {
    return { requestId, result: { $case: 'error', value: toRpcStatus(error, logFailure) } };
  }
};

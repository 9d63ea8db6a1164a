import { readRpcStatus, type memberV1, type RefusedCall, type RpcStatus } from '@lacuna/contracts';
import { CliError, isPassing, RefusedError } from '../output/cli-error.js';
import type { AnswerStream } from './answer-stream.js';
import { columnOf, type MemberRow } from './member-columns.js';
import { patiently } from './patience.js';
import type { Reject } from './rejects-file.js';

/** What became of a row. `gone`: its member was erased since; nobody comes back by an import. */
export type RowOutcome = Readonly<{
  result: 'in' | 'rejected' | 'gone';
  realName: boolean;
  rejects: readonly Reject[];
}>;

/** How the import's data is handled, for members and for identity documents: the caller says, the pack judges. */
export type ImportProcessing = Readonly<{ member: memberV1.Processing; realName: memberV1.Processing }>;

export type ImportCalls = Readonly<{
  register: AnswerStream<memberV1.RegisterMembersRequest, memberV1.RegisterMembersResponse>;
  verify: AnswerStream<memberV1.VerifyRealNamesRequest, memberV1.VerifyRealNamesResponse>;
}>;

const GONE = new Set(['SUBJECT_ERASED', 'MEMBER_ERASED', 'SUBJECT_RESTRICTED']);
// Refusals that are about the row. Anything else is no reject: a row that was rejected is never tried again.
const ABOUT_THE_ROW = new Set(['FIELD_INVALID', 'PROHIBITED_DATA', 'CLAIM_TAKEN', 'MEMBER_EXISTS']);

type RecordResult<Value> = Readonly<{ value: Value } | { refused: RefusedCall }>;
type ResultMessage = Readonly<{ $case: string; value: object }> | undefined;

const readResult = <Value>(result: ResultMessage): RecordResult<Value> => {
  if (result === undefined) throw new CliError(2, 'the server answered a row with nothing');
  return result.$case === 'error'
    ? { refused: readRpcStatus(result.value as RpcStatus) }
    : { value: result.value as Value };
};

/** Sends rows one at a time of its caller's choosing; a passing refusal is tried again with the same request id. */
export class RowImporter {
  constructor(
    private readonly calls: ImportCalls,
    private readonly processing: ImportProcessing,
  ) {}

  async import(row: MemberRow): Promise<RowOutcome> {
    const registered = await this.#register(row);
    if ('refused' in registered) return this.#refusal(row, registered.refused);
    if (row.idNumber === null) return { result: 'in', realName: false, rejects: [] };
    const verified = await this.#verify(row, row.idNumber, registered.value.memberId);
    return 'refused' in verified
      ? this.#refusal(row, verified.refused)
      : { result: 'in', realName: true, rejects: [] };
  }

  #register(row: MemberRow): Promise<RecordResult<memberV1.RegisterMemberResponse>> {
    const request = { requestId: row.requestId, processing: this.processing.member, info: row.info };
    return this.#untilAnswered(async () =>
      readResult<memberV1.RegisterMemberResponse>((await this.calls.register.send({ request })).result),
    );
  }

  #verify(
    row: MemberRow,
    idNumber: string,
    memberId: string,
  ): Promise<RecordResult<memberV1.VerifyRealNameResponse>> {
    const request = {
      requestId: `${row.requestId}.real-name`,
      processing: this.processing.realName,
      memberId,
      name: row.info.name ?? '',
      idNumber,
    };
    return this.#untilAnswered(async () =>
      readResult<memberV1.VerifyRealNameResponse>((await this.calls.verify.send({ request })).result),
    );
  }

  #untilAnswered<Value>(ask: () => Promise<RecordResult<Value>>): Promise<RecordResult<Value>> {
    return patiently(ask, (result) => 'refused' in result && isPassing(result.refused));
  }

  #refusal(row: MemberRow, refused: RefusedCall): RowOutcome {
    const { reason, violations } = refused;
    if (reason !== null && GONE.has(reason)) return { result: 'gone', realName: false, rejects: [] };
    const isOfTheCall = violations.some(({ field }) => field.startsWith('processing.'));
    if (reason === null || !ABOUT_THE_ROW.has(reason) || isOfTheCall)
      throw new RefusedError(refused, `line ${row.line}`);
    const rejects = violations.map(({ field, rule }) => ({ line: row.line, field: columnOf(field), rule }));
    const whole = { line: row.line, field: 'row', rule: reason };
    return { result: 'rejected', realName: false, rejects: rejects.length > 0 ? rejects : [whole] };
  }
}

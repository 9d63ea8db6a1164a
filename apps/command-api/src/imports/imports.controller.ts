import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { CompleteImport, ListCompletedImports, type RequestFrame } from '@lacuna/application';
import { DtoPipe, GrpcController, type memberV1 } from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { callerOf } from '../edge/frame.js';
import { CompleteImportDto, ListCompletedImportsDto, type CompletedImportDto } from './imports.dto.js';

/** Which files came in whole: the server's memory that makes importing one again change nothing. */
@GrpcController()
export class ImportsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @GrpcMethod('MemberService', 'ListCompletedImports')
  async listCompletedImports(
    @Payload(new DtoPipe(ListCompletedImportsDto)) { kind }: ListCompletedImportsDto,
    @CallerIdentity() identity: Identity,
  ): Promise<memberV1.ListCompletedImportsResponse> {
    const imports = await this.queries.execute(new ListCompletedImports(callerOf(identity), kind));
    return {
      imports: imports.map(({ length, rows, ...rest }) => ({
        ...rest,
        length: String(length),
        rows: String(rows),
      })),
    };
  }

  @GrpcMethod('MemberService', 'CompleteImport')
  async completeImport(
    @Payload(new DtoPipe(CompleteImportDto)) { import: completed }: CompleteImportDto,
    @CallerIdentity() identity: Identity,
  ): Promise<memberV1.CompleteImportResponse> {
    const { kind, sha256 } = completed;
    const counts = { length: Number(completed.length), rows: Number(completed.rows) };
    await this.commands.execute(
      new CompleteImport(importFrame(identity, completed), { kind, sha256, ...counts }),
    );
    return {};
  }
}

/** The file names its request; no person's data is in this command, so nothing is processed. */
const importFrame = (identity: Identity, { kind, length, sha256 }: CompletedImportDto): RequestFrame => ({
  caller: callerOf(identity),
  requestId: `${kind}:${length}:${sha256}`,
  processing: { channel: '', lawfulBasis: '', purposes: [], noticeVersion: null, provenance: '' },
});

import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { CompleteImport, ListCompletedImports } from '@lacuna/application';
import { DtoPipe, GrpcController, type memberV1 } from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { callerOf, unprocessedFrame } from '../edge/frame.js';
import { CompleteImportDto, ListCompletedImportsDto } from './imports.dto.js';

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
    // The file names its request.
    const requestId = `${kind}:${completed.length}:${sha256}`;
    const counts = { length: Number(completed.length), rows: Number(completed.rows) };
    await this.commands.execute(
      new CompleteImport(unprocessedFrame(identity, requestId), { kind, sha256, ...counts }),
    );
    return {};
  }
}

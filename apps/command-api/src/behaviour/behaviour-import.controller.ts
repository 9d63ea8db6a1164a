import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import {
  BeginBehaviourImport,
  EndBehaviourImport,
  ImportBehaviourChunk,
  ListOpenImports,
  type BehaviourImport,
} from '@lacuna/application';
import { DtoPipe, GrpcController, type behaviourV1 } from '@lacuna/contracts';
import { CallerIdentity, type Identity } from '@lacuna/runtime';
import { callerOf, frameOf, unprocessedFrame } from '../edge/frame.js';
import { memberNameOf } from '../edge/member-name.dto.js';
import { detailsUnder, throwInProtoTerms } from '../edge/violations.js';
import {
  BeginImportDto,
  EndImportDto,
  type ImportChunkDto,
  type ImportedRow,
} from './behaviour-import.dto.js';
import { ImportChunkPipe } from './import-chunk.pipe.js';

const progressOf = (progress: BehaviourImport): behaviourV1.ImportProgress => ({
  importId: progress.importId,
  seed: progress.seed,
  nextChunk: String(progress.nextChunk),
  chunkRows: progress.chunkRows,
  live: String(progress.live),
  countedOnly: String(progress.countedOnly),
  rejected: String(progress.rejected),
  rejects: progress.rejects.map(({ line, field, rule }) => ({ line: String(line), field, rule })),
});

const rowOf = ({ row, line, behaviour }: ImportedRow) => ({
  recordId: row,
  line: Number(line),
  member: memberNameOf(behaviour.member),
  kind: behaviour.kind,
  occurred: behaviour.occurred,
  details: behaviour.details,
});

/** Brings a file of behaviour in, chunk by chunk, in an order that nothing in the log gives away. */
@GrpcController()
export class BehaviourImportController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @GrpcMethod('BehaviourService', 'BeginImport')
  async beginImport(
    @Payload(new DtoPipe(BeginImportDto)) { kind, length, sha256, rows, rejectsAfter }: BeginImportDto,
    @CallerIdentity() identity: Identity,
  ): Promise<behaviourV1.BeginImportResponse> {
    const file = { kind, length: Number(length), sha256, rows: Number(rows) };
    const command = new BeginBehaviourImport(callerOf(identity), file, Number(rejectsAfter));
    return { progress: progressOf(await this.commands.execute(command)) };
  }

  @GrpcMethod('BehaviourService', 'ImportChunk')
  async importChunk(
    @Payload(new ImportChunkPipe()) request: ImportChunkDto,
    @CallerIdentity() identity: Identity,
  ): Promise<behaviourV1.ImportChunkResponse> {
    const { importId, chunk, rows, rejects, processing } = request;
    // The chunk is its own request: sent again it is known by the import's key, whatever this says.
    const frame = frameOf(identity, { requestId: `${importId}#${chunk}`, processing });
    const command = new ImportBehaviourChunk(frame, {
      importId,
      chunk: Number(chunk),
      rows: rows.map(rowOf),
      rejects: rejects.map(({ line, field, rule }) => ({ line: Number(line), field, rule })),
    });
    const progress = await this.commands.execute(command).catch(throwInProtoTerms(detailsUnder('', '')));
    return { progress: progressOf(progress) };
  }

  @GrpcMethod('BehaviourService', 'EndImport')
  async endImport(
    @Payload(new DtoPipe(EndImportDto)) { importId, complete }: EndImportDto,
    @CallerIdentity() identity: Identity,
  ): Promise<behaviourV1.EndImportResponse> {
    const frame = unprocessedFrame(identity, `${importId}#end`);
    await this.commands.execute(new EndBehaviourImport(frame, { importId, complete }));
    return {};
  }

  @GrpcMethod('BehaviourService', 'ListOpenImports')
  async listOpenImports(@CallerIdentity() identity: Identity): Promise<behaviourV1.ListOpenImportsResponse> {
    const imports = await this.queries.execute(new ListOpenImports(callerOf(identity)));
    return {
      imports: imports.map(({ importId, kind, rows, rowsIn, begunAt }) => ({
        importId,
        kind,
        rows: String(rows),
        rowsIn: String(rowsIn),
        begunAt,
      })),
    };
  }
}

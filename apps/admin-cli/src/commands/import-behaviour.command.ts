import type { behaviourV1, memberV1 } from '@lacuna/contracts';
import { answerOf, callOptions, type Server } from '../connection/server.js';
import { importBehaviour, type BehaviourCounts, type ImportCalls } from '../import/import-behaviour.js';
import { knownPart } from '../import/known-part.js';
import { RejectsFile, rejectsPath } from '../import/rejects-file.js';
import type { CommandResult, Output } from '../output/output.js';
import { progressOn } from '../output/progress.js';
import { withServer, type CommandContext } from './command-context.js';
import { completedImports, sizeOf } from './import-file.js';

export type ImportBehaviourOptions = Readonly<{
  file: string;
  kind: string;
  rejects?: string;
  channel: string;
  notice: string;
  provenance: string;
  purposes: readonly string[];
}>;

/** A chunk may have to wait for a nightly run that has just begun. */
const CHUNK_MS = 120_000;

const processingOf = (options: ImportBehaviourOptions): memberV1.Processing => ({
  channel: options.channel,
  lawfulBasis: 'contract',
  purposes: [...options.purposes],
  noticeVersion: options.notice,
  provenance: options.provenance,
});

const callsOf = (server: Server): ImportCalls => ({
  begin: (request) =>
    answerOf<behaviourV1.BeginImportResponse>((callback) =>
      server.behaviour.beginImport(request, server.metadata, callOptions(CHUNK_MS), callback),
    ),
  chunk: (request) =>
    answerOf<behaviourV1.ImportChunkResponse>((callback) =>
      server.behaviour.importChunk(request, server.metadata, callOptions(CHUNK_MS), callback),
    ),
  end: (request) =>
    answerOf<behaviourV1.EndImportResponse>((callback) =>
      server.behaviour.endImport(request, server.metadata, callOptions(CHUNK_MS), callback),
    ),
});

/** Two bars, one after the other: of the bytes that are read once, then of the rows that are sent. */
const progressOf = (output: Output, size: number) => {
  let bar = progressOn(output, size);
  let sending = false;
  return {
    reading: (bytes: number) => bar.at(bytes),
    sending: (rows: number, of: number) => {
      if (!sending) {
        bar.stop();
        bar = progressOn(output, of);
        sending = true;
      }
      bar.at(rows);
    },
    stop: () => bar.stop(),
  };
};

const resultOf = (
  { file, kind, rejects: given }: ImportBehaviourOptions,
  counts: BehaviourCounts,
): CommandResult => {
  const { rows, known, live, countedOnly, rejected } = counts;
  const rejects = rejected > 0 ? (given ?? rejectsPath(file)) : null;
  return {
    document: { file, kind, ...counts, rejects },
    lines: [
      `${rows} rows: ${live} sealed and live, ${countedOnly} counted only, ${rejected} rejected, ${known} known`,
      ...(known > 0 ? [`${known} rows were brought in by an earlier import: left as they are`] : []),
      ...(rejects === null ? [] : [`line, field and rule of each reject: ${rejects}`]),
    ],
    exitCode: rejected > 0 ? 1 : 0,
  };
};

/** `import behaviour <file> --kind <name>`: chunk by chunk, in an order that is not the file's. */
export const importBehaviourCommand = async (
  context: CommandContext,
  options: ImportBehaviourOptions,
): Promise<CommandResult> => {
  const { file, kind } = options;
  const size = await sizeOf(file);
  return withServer(context, { role: 'integrator' }, async (server) => {
    const { imports } = await completedImports(server, `behaviour-${kind}`);
    const known = await knownPart(file, imports);
    const rejects = new RejectsFile(options.rejects ?? rejectsPath(file));
    const progress = progressOf(context.output, size);
    try {
      const counts = await importBehaviour({
        path: file,
        kind,
        processing: processingOf(options),
        knownPart: known,
        calls: callsOf(server),
        rejects,
        progress,
      });
      return resultOf(options, counts);
    } finally {
      progress.stop();
      rejects.close();
    }
  });
};

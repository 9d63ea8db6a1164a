import type { memberV1 } from '@lacuna/contracts';
import { answerOf, callOptions, endOf, type Server } from '../connection/server.js';
import { AnswerStream } from '../import/answer-stream.js';
import { importMembers, type ImportedFile } from '../import/import-members.js';
import { knownPart, type KnownPart } from '../import/known-part.js';
import { RejectsFile, rejectsPath } from '../import/rejects-file.js';
import { RowImporter, type ImportProcessing } from '../import/row-importer.js';
import type { CommandResult } from '../output/output.js';
import { progressOn } from '../output/progress.js';
import { completedImports, sizeOf } from './import-file.js';
import { withServer, type CommandContext } from './command-context.js';

export type ImportMembersOptions = Readonly<{
  file: string;
  rejects?: string;
  channel: string;
  notice: string;
  provenance: string;
}>;

const processingOf = ({ channel, notice, provenance }: ImportMembersOptions): ImportProcessing => {
  const shared = { channel, noticeVersion: notice, provenance };
  return {
    member: { ...shared, lawfulBasis: 'contract', purposes: ['service'] },
    realName: { ...shared, lawfulBasis: 'law', purposes: ['real-name'] },
  };
};

const run = async (
  server: Server,
  options: ImportMembersOptions,
  known: KnownPart,
  progress: (bytes: number) => void,
): Promise<ImportedFile> => {
  const register = new AnswerStream(server.member.registerMembers(server.metadata));
  const verify = new AnswerStream(server.member.verifyRealNames(server.metadata));
  const rejects = new RejectsFile(options.rejects ?? rejectsPath(options.file));
  const importer = new RowImporter({ register, verify }, processingOf(options));
  try {
    return await importMembers({ path: options.file, known, importer, rejects, progress });
  } catch (error) {
    throw endOf(error);
  } finally {
    rejects.close();
    register.end();
    verify.end();
  }
};

const complete = async (
  server: Server,
  completed: memberV1.CompletedImport,
  known: KnownPart,
): Promise<void> => {
  if (Number(completed.length) === known.bytes) return;
  await answerOf<memberV1.CompleteImportResponse>((callback) =>
    server.member.completeImport({ import: completed }, server.metadata, callOptions(), callback),
  );
};

const resultOf = (options: ImportMembersOptions, { counts }: ImportedFile): CommandResult => {
  const { members, realNames, known, gone, rejected } = counts;
  const rejects = rejected > 0 ? (options.rejects ?? rejectsPath(options.file)) : null;
  return {
    document: { file: options.file, ...counts, rejects },
    lines: [
      `${members} members in, of them ${realNames} with real-name identity; ${rejected} rejected`,
      ...(known > 0 ? [`${known} rows were brought in by an earlier import: left as they are`] : []),
      ...(gone > 0 ? [`${gone} rows are of members erased since: nobody comes back by an import`] : []),
      ...(rejects === null ? [] : [`line, field and rule of each reject: ${rejects}`]),
    ],
    exitCode: rejected > 0 ? 1 : 0,
  };
};

/** `import members <file>`: a streaming client of the running server, through the handlers that every caller uses. */
export const importMembersCommand = async (
  context: CommandContext,
  options: ImportMembersOptions,
): Promise<CommandResult> => {
  const size = await sizeOf(options.file);
  return withServer(context, { role: 'integrator' }, async (server) => {
    const { imports } = await completedImports(server, 'members');
    const known = await knownPart(options.file, imports);
    const progress = progressOn(context.output, size);
    try {
      const imported = await run(server, options, known, progress.at);
      await complete(server, imported.completed, known);
      return resultOf(options, imported);
    } finally {
      progress.stop();
    }
  });
};

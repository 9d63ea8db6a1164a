import { access, constants, stat } from 'node:fs/promises';
import type { memberV1 } from '@lacuna/contracts';
import { answerOf, callOptions, type Server } from '../connection/server.js';
import { CliError } from '../output/cli-error.js';

/** The bytes of a file that can be read; anything else ends the command. */
export const sizeOf = async (file: string): Promise<number> => {
  try {
    await access(file, constants.R_OK);
    const { size, isFile } = await stat(file).then((found) => ({ size: found.size, isFile: found.isFile() }));
    if (isFile) return size;
  } catch (cause) {
    throw new CliError(2, `${file} cannot be read`, {}, { cause });
  }
  throw new CliError(2, `${file} is not a file`);
};

/** The files of a kind that came in whole. */
export const completedImports = (
  server: Server,
  kind: string,
): Promise<memberV1.ListCompletedImportsResponse> =>
  answerOf((callback) =>
    server.member.listCompletedImports({ kind }, server.metadata, callOptions(), callback),
  );

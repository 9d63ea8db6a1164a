import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { readDatabaseAccess } from '@lacuna/runtime';

/** What a command of the command line gave. */
export type CliAnswer = Readonly<{ code: number | null; document: unknown; errors: string }>;

/** What a command line that was started with `--json` has to say at its end. */
export const answerOfCli = async (
  child: ChildProcessByStdio<null, Readable, Readable>,
): Promise<CliAnswer> => {
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const document: unknown = texts.out.trim() === '' ? null : JSON.parse(texts.out);
  return { code, document, errors: texts.err };
};

/** The database of a home as its owner, to look past the product. */
export const ownerUrlIn = (home: string): string => {
  const access = readDatabaseAccess(home);
  if (access === null) throw new Error('no database is open');
  return access.ownerUrl;
};

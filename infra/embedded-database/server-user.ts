import { spawnSync } from 'node:child_process';
import { lchownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { unusable } from './unusable.js';

/** The user that the server runs as where this process is root: PostgreSQL refuses to be root. */
export type ServerUser = Readonly<{ uid: number; gid: number }>;

const idOf = (kind: '-u' | '-g', name: string): number | undefined => {
  const found = spawnSync('id', [kind, name], { encoding: 'utf8' });
  return found.status === 0 ? Number(found.stdout) : undefined;
};

// Data that is there already says whose it is: a club may have started as itself before, and as root today.
const ownerOf = (data: string): ServerUser | undefined => {
  const found = statSync(data, { throwIfNoEntry: false });
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
};

/**
 * `undefined` for an ordinary user, who is the server user himself. For root: the owner of the data where there is
 * some, else `postgres`, else `nobody` (the server needs a user that has a name).
 */
export const serverUser = (
  data: string,
  names: readonly string[] = ['postgres', 'nobody'],
): ServerUser | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const owner = ownerOf(data);
  if (owner) return owner;
  for (const name of names) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw unusable(
    `PostgreSQL cannot run as root, and there is no user ${names.join(' or ')}: make one ("useradd --system postgres"), start as an ordinary user, or give a DATABASE_URL`,
  );
};

/** Gives a folder with all that it holds to the server user. */
export const giveFolder = (user: ServerUser | undefined, folder: string): void => {
  if (!user) return;
  lchownSync(folder, user.uid, user.gid);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, name), user.uid, user.gid);
};

/** Whether a program starts at all for the server user: found, reachable, with its libraries. */
export const canRun = (program: string, user: ServerUser | undefined): boolean =>
  spawnSync(program, ['--version'], { ...user, cwd: '/', stdio: 'ignore' }).status === 0;

/** Whether the server user gets into a folder, and may write there: every folder above must let it pass. */
export const canEnter = (folder: string, user: ServerUser | undefined): boolean =>
  spawnSync('/bin/sh', ['-c', 'cd "$1" && test -w .', 'sh', folder], { ...user, cwd: '/', stdio: 'ignore' })
    .status === 0;

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Binaries } from './binaries.js';
import { canEnter, type ServerUser } from './server-user.js';
import { unusable } from './unusable.js';

const makeOwn = (folder: string, user: ServerUser | undefined): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (user) chownSync(folder, user.uid, user.gid);
};

const linked = (folder: string): string => {
  if (!existsSync(folder))
    throw unusable(
      `${folder} is a link to a database folder that is gone: bring that folder back, or remove the link to begin anew`,
    );
  return realpathSync(folder);
};

const moveOut = (folder: string, user: ServerUser | undefined, refuge: string): string => {
  if (readdirSync(folder).length > 0)
    throw unusable(
      `${folder} is closed to the user that PostgreSQL runs as, and holds something: open it and the folders above it, or start as its owner`,
    );
  mkdirSync(refuge, { recursive: true, mode: 0o755 });
  const elsewhere = join(refuge, `postgres-${randomBytes(6).toString('hex')}`);
  makeOwn(elsewhere, user);
  if (!canEnter(elsewhere, user))
    throw unusable(
      `the user that PostgreSQL runs as reaches neither ${folder} nor ${refuge}: set LACUNA_HOME to a folder that it reaches`,
    );
  rmdirSync(folder);
  symlinkSync(elsewhere, folder);
  return elsewhere;
};

/**
 * The database folder (0700) as the server user reaches it. Where a folder above it is closed (a checkout below
 * root's home), the data lies in a folder of its own below `refuge`, and `folder` becomes a link to it.
 */
export const prepareFolder = (
  folder: string,
  user: ServerUser | undefined,
  refuge = '/var/lib/lacuna',
): string => {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return linked(folder);
  mkdirSync(dirname(folder), { recursive: true });
  // One that somebody made beforehand (a mounted volume, a temporary folder) is as good, as long as nothing is in it.
  if (!existsSync(folder) || readdirSync(folder).length === 0) makeOwn(folder, user);
  return canEnter(folder, user) ? realpathSync(folder) : moveOut(folder, user, refuge);
};

const passwordFile = (folder: string): string => join(folder, 'password');

/** The superuser's password, which no one but us and the server user can read. */
export const readPassword = (folder: string): string => readFileSync(passwordFile(folder), 'utf8');

const writePassword = (folder: string, user: ServerUser | undefined): void => {
  rmSync(passwordFile(folder), { force: true });
  writeFileSync(passwordFile(folder), randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (user) chownSync(passwordFile(folder), user.uid, user.gid);
};

/** Makes the data where there is none; what a killed first start left half made is made again. */
export const initialiseData = (folder: string, binaries: Binaries, user: ServerUser | undefined): void => {
  const data = join(folder, 'data');
  const finished = join(folder, 'initialised');
  if (existsSync(finished)) return;
  rmSync(data, { recursive: true, force: true });
  writePassword(folder, user);
  const init = spawnSync(
    binaries.initdb,
    [
      ...['-D', data, '-U', 'postgres', '--encoding=UTF8', '--locale=C', '--data-checksums'],
      ...['-A', 'scram-sha-256', `--pwfile=${passwordFile(folder)}`],
    ],
    { ...user, cwd: folder, encoding: 'utf8' },
  );
  if (init.status !== 0)
    throw unusable(`PostgreSQL's data could not be made in ${data}: ${init.stderr.trim()}`);
  writeFileSync(finished, '');
};

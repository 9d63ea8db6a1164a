import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, stillRuns, type ProcessIdentity } from './process-identity.js';
import { unusable } from './unusable.js';

const ownerFile = (folder: string): string => join(folder, 'owner.json');

const readOwner = (folder: string): ProcessIdentity | undefined => {
  try {
    return JSON.parse(readFileSync(ownerFile(folder), 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
};

/**
 * Makes this process the folder's one owner, or says who is. A server found running belongs to a dead owner only
 * if this was asked first: a second start must not stop the first one's database.
 */
export const takeFolder = (folder: string): void => {
  const owner = readOwner(folder);
  if (owner && stillRuns(owner))
    throw unusable(
      `${folder} is in use by process ${owner.pid}: this Lacuna runs already (see "npx lacuna status"), or stop that process first`,
    );
  rmSync(ownerFile(folder), { force: true });
  try {
    writeFileSync(ownerFile(folder), JSON.stringify(identityOf(process.pid)), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw unusable(`${folder} was taken by another start at this moment`, cause);
  }
};

export const leaveFolder = (folder: string): void => {
  if (readOwner(folder)?.pid === process.pid) rmSync(ownerFile(folder), { force: true });
};

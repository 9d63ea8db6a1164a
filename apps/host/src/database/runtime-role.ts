import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import { readPrivateFile, writePrivateFile } from '@lacuna/runtime';
import { scramVerifier } from './scram-verifier.js';

/** The role that the product runs as, beside the owner that migrates: it can append to the log and change nothing there. */
export type RuntimeRole = Readonly<{
  role: string;
  runtimeUrl: string;
  /** It was there already, with a password that this home did not keep. */
  tookRoleOver: boolean;
}>;

const INSUFFICIENT_PRIVILEGE = '42501';
const passwordFile = (home: string): string => join(home, 'runtime-role.json');

// One for each database of a server, within PostgreSQL's 63 bytes.
const roleName = (ownerUrl: URL): string =>
  `lacuna_runtime_${decodeURIComponent(ownerUrl.pathname.slice(1)).replace(/\W/g, '_')}`.slice(0, 63);

type KeptRole = Readonly<{ role: string; password: string }>;

const readKept = (home: string): KeptRole | null => {
  const text = readPrivateFile(passwordFile(home));
  return text === null ? null : (JSON.parse(text) as KeptRole);
};

const keep = (home: string, kept: KeptRole): void =>
  writePrivateFile(passwordFile(home), `${JSON.stringify(kept)}\n`);

/** The role that this home has migrated for a database; null where it keeps none for it. */
export const keptRole = (home: string, ownerUrl: string): KeptRole | null => {
  const kept = readKept(home);
  const url = new URL(ownerUrl);
  return kept !== null && [roleName(url), decodeURIComponent(url.username)].includes(kept.role) ? kept : null;
};

/** Notes that the product runs as the owner here, for the processes that come later. The owner's password is not kept. */
export const keepOwner = (ownerUrl: string, home: string): void =>
  keep(home, { role: decodeURIComponent(new URL(ownerUrl).username), password: '' });

const knownPassword = (home: string, role: string): string | null => {
  const kept = readKept(home);
  return kept?.role === role ? kept.password : null;
};

const exists = async (owner: Client, role: string): Promise<boolean> =>
  (await owner.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])).rowCount === 1;

// A password that was lost with its file is replaced; one that is kept is set again, should somebody have changed it.
const putRole = async (owner: Client, role: string, password: string): Promise<'made' | 'changed'> => {
  const isThere = await exists(owner, role);
  await owner.query(
    `${isThere ? 'ALTER' : 'CREATE'} ROLE ${escapeIdentifier(role)} LOGIN PASSWORD ${escapeLiteral(scramVerifier(password))}`,
  );
  return isThere ? 'changed' : 'made';
};

/**
 * Makes the runtime role, its password random and kept 0600; null where this owner may not create roles. Under the
 * migration lock: two at once would each find no role, or change one row of PostgreSQL's.
 */
export const ensureRuntimeRole = async (
  owner: Client,
  ownerUrl: string,
  home: string,
): Promise<RuntimeRole | null> => {
  const url = new URL(ownerUrl);
  const role = roleName(url);
  const known = knownPassword(home, role);
  const password = known ?? randomBytes(24).toString('base64url');
  try {
    const done = await putRole(owner, role, password);
    keep(home, { role, password });
    url.username = role;
    url.password = password;
    return { role, runtimeUrl: url.href, tookRoleOver: known === null && done === 'changed' };
  } catch (error) {
    if ((error as { code?: unknown }).code === INSUFFICIENT_PRIVILEGE) return null;
    throw error;
  }
};

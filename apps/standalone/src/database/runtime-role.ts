import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import { readPrivateFile, writePrivateFile } from '@lacuna/runtime';
import { scramVerifier } from './scram-verifier.js';

/** The role that the product runs as, beside the owner that migrates: it can append to the log and change nothing there. */
export type RuntimeRole = Readonly<{ role: string; url: string }>;

const INSUFFICIENT_PRIVILEGE = '42501';
const passwordFile = (home: string): string => join(home, 'runtime-role.json');

// One for each database of a server, within PostgreSQL's 63 bytes.
const roleName = (ownerUrl: URL): string =>
  `lacuna_runtime_${decodeURIComponent(ownerUrl.pathname.slice(1)).replace(/\W/g, '_')}`.slice(0, 63);

const knownPassword = (home: string, role: string): string | null => {
  const text = readPrivateFile(passwordFile(home));
  if (text === null) return null;
  const kept = JSON.parse(text) as Readonly<{ role: string; password: string }>;
  return kept.role === role ? kept.password : null;
};

const exists = async (owner: Client, role: string): Promise<boolean> =>
  (await owner.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])).rowCount === 1;

// A password that was lost with its file is replaced; one that is kept is set again, should somebody have changed it.
const putRole = async (owner: Client, role: string, password: string): Promise<void> => {
  const verb = (await exists(owner, role)) ? 'ALTER' : 'CREATE';
  await owner.query(
    `${verb} ROLE ${escapeIdentifier(role)} LOGIN PASSWORD ${escapeLiteral(scramVerifier(password))}`,
  );
};

/** Makes the runtime role, its password random and kept 0600; null where this owner may not create roles. */
export const ensureRuntimeRole = async (
  owner: Client,
  ownerUrl: string,
  home: string,
): Promise<RuntimeRole | null> => {
  const url = new URL(ownerUrl);
  const role = roleName(url);
  const password = knownPassword(home, role) ?? randomBytes(24).toString('base64url');
  try {
    await putRole(owner, role, password);
  } catch (error) {
    if ((error as { code?: unknown }).code === INSUFFICIENT_PRIVILEGE) return null;
    throw error;
  }
  writePrivateFile(passwordFile(home), `${JSON.stringify({ role, password })}\n`);
  url.username = role;
  url.password = password;
  return { role, url: url.href };
};

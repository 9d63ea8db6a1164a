import { generateKeyPairSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { isIP } from 'node:net';
import { calculateJwkThumbprint, exportJWK, importPKCS8, SignJWT, type JSONWebKeySet, type JWK } from 'jose';

export type DemoIssuerOptions = Readonly<{
  /** PKCS#8 PEM, made at first use; readable by its owner only. */
  keyFile: string;
  /** Every address that the process listens on. */
  bindAddresses: readonly string[];
  issuer: string;
  audience: string;
  lifetimeSeconds?: number;
}>;

export type DemoTokenRequest = Readonly<{ tenant: string; role: string; memberId?: string }>;

export type DemoToken = Readonly<{ token: string; expiresInSeconds: number }>;

/** Gives a token to whoever asks: for trying the product out on one's own machine, and nothing else. */
export type DemoIssuer = Readonly<{
  jwks: JSONWebKeySet;
  issue(request: DemoTokenRequest): Promise<DemoToken>;
}>;

/** `BIND_NOT_LOOPBACK`: others could reach the issuer. `KEY_FILE_EXPOSED`: others could read its key. */
export class DemoIssuerError extends Error {
  constructor(readonly code: 'BIND_NOT_LOOPBACK' | 'KEY_FILE_EXPOSED') {
    super(
      code === 'BIND_NOT_LOOPBACK'
        ? 'the demo issuer runs only where every bind address is a loopback address'
        : 'the demo key file may be readable by its owner only (chmod 600)',
    );
    this.name = 'DemoIssuerError';
  }
}

const LIFETIME_SECONDS = 900;

/** An address literal of this machine's loopback. A name is not: what it resolves to is somebody else's choice. */
export const isLoopback = (address: string): boolean =>
  address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));

// Several processes of one home may start at once: the first to link its file has made the key, nobody reads half of one.
const createKeyFile = (path: string): void => {
  if (existsSync(path)) return;
  const { privateKey } = generateKeyPairSync('ed25519');
  const unfinished = `${path}.${process.pid}.unfinished`;
  writeFileSync(unfinished, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  try {
    linkSync(unfinished, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
};

const readKeyFile = (path: string): string => {
  const file = openSync(path, 'r');
  try {
    if ((fstatSync(file).mode & 0o077) !== 0) throw new DemoIssuerError('KEY_FILE_EXPOSED');
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
};

const publicPart = async ({ kty, crv, x }: JWK): Promise<JWK & { kid: string }> => {
  const key = { kty: kty ?? 'OKP', ...(crv && { crv }), ...(x && { x }) };
  return { ...key, alg: 'EdDSA', use: 'sig', kid: await calculateJwkThumbprint(key) };
};

const claimsOf = ({ tenant, role, memberId }: DemoTokenRequest): Record<string, unknown> => ({
  tenant,
  role,
  roles: [role],
  client_id: 'demo',
  ...(memberId === undefined ? {} : { member_id: memberId }),
});

/** Opens the demo issuer, or throws `DemoIssuerError` where it must not exist. */
export const openDemoIssuer = async (options: DemoIssuerOptions): Promise<DemoIssuer> => {
  if (options.bindAddresses.length === 0 || !options.bindAddresses.every(isLoopback)) {
    throw new DemoIssuerError('BIND_NOT_LOOPBACK');
  }
  createKeyFile(options.keyFile);
  const privateKey = await importPKCS8(readKeyFile(options.keyFile), 'EdDSA', { extractable: true });
  const publicKey = await publicPart(await exportJWK(privateKey));
  const expiresInSeconds = options.lifetimeSeconds ?? LIFETIME_SECONDS;
  return {
    jwks: { keys: [publicKey] },
    issue: async (request) => ({
      token: await new SignJWT(claimsOf(request))
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: publicKey.kid })
        .setSubject(request.memberId === undefined ? `demo-${request.role}` : 'subject')
        .setIssuer(options.issuer)
        .setAudience(options.audience)
        .setIssuedAt()
        .setExpirationTime(`${expiresInSeconds}s`)
        .sign(privateKey),
      expiresInSeconds,
    }),
  };
};

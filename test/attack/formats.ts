/**
 * What an attacker knows of the stored forms: written from the formats alone, sharing no code with custody,
 * so that a mistake of custody's own codec cannot blind its attacker.
 */

/** `LWK1 | class (8) | key-encryption epoch (32) | length (16) | context | nonce (12) | key (32) and tag (16)`. */
export type WrappedKey = Readonly<{
  /** Of the class and epoch that wrapped it: 0 scope, 1 subject, 2 lookup. */
  keyClass: number;
  epoch: number;
  context: readonly string[];
  header: Buffer;
  nonce: Buffer;
  sealed: Buffer;
}>;

/** `LCB1 | epoch (32) | lengths (16, 16) | context (tenant, kind, tag) | nonce (12) | body and tag`. */
export type ClaimBody = Readonly<{
  epoch: number;
  tenant: string;
  kind: string;
  tag: string;
  header: Buffer;
  nonce: Buffer;
  sealed: Buffer;
}>;

/**
 * `LS1:<key reference>:<field>:<event id>:<nonce>:<ciphertext and tag>`, and `LS3` with a scope after the reference.
 * `scope` is empty for LS1: the membership's.
 */
export type SealedValue = Readonly<{
  text: string;
  ref: string;
  scope: string;
  header: string;
  nonce: Buffer;
  sealed: Buffer;
}>;

/** `LS2:<field>:<event id>:<nonce>:<ciphertext and tag>`: names no key, so what stands around it must. */
export type UnnamedValue = Readonly<{
  text: string;
  header: string;
  nonce: Buffer;
  sealed: Buffer;
  /** Names, ids and days beside it, wherever it lay: of its stream, its activity, its night. */
  beside: Set<string>;
}>;

const fieldsOf = (bytes: Buffer): readonly Buffer[] | null => {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) return null;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return null;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
};

// Everything kept is copied: a slice would keep the whole chunk of the file alive.
const cut = (bytes: Buffer, from: number, to: number): Buffer => Buffer.from(bytes.subarray(from, to));

export const wrappedKeyAt = (bytes: Buffer, at: number): WrappedKey | null => {
  if (at + 11 > bytes.length) return null;
  const contextEnd = at + 11 + bytes.readUInt16BE(at + 9);
  const end = contextEnd + 12 + 48;
  const context = end <= bytes.length ? fieldsOf(bytes.subarray(at + 11, contextEnd)) : null;
  if (context?.length !== 5) return null;
  return {
    keyClass: bytes.readUInt8(at + 4),
    epoch: bytes.readUInt32BE(at + 5),
    context: context.map((field) => field.toString('utf8')),
    header: cut(bytes, at, contextEnd),
    nonce: cut(bytes, contextEnd, contextEnd + 12),
    sealed: cut(bytes, contextEnd + 12, end),
  };
};

export const claimBodyAt = (bytes: Buffer, at: number): ClaimBody | null => {
  if (at + 12 > bytes.length) return null;
  const contextEnd = at + 12 + bytes.readUInt16BE(at + 8);
  const end = contextEnd + 12 + bytes.readUInt16BE(at + 10);
  const context = end <= bytes.length ? fieldsOf(bytes.subarray(at + 12, contextEnd)) : null;
  const [tenant, kind, tag] = context ?? [];
  if (!tenant || !kind || !tag) return null;
  return {
    epoch: bytes.readUInt32BE(at + 4),
    tenant: tenant.toString('utf8'),
    kind: kind.toString('utf8'),
    tag: tag.toString('hex'),
    header: cut(bytes, at, contextEnd),
    nonce: cut(bytes, contextEnd, contextEnd + 12),
    sealed: cut(bytes, contextEnd + 12, end),
  };
};

const TAIL = '[A-Za-z][A-Za-z0-9_.[\\]-]{0,63}:[\\w-]{22}:([\\w-]{16}):([\\w-]{64,87406})';
const NAMED = new RegExp(`(?:LS1:([\\w-]{22})|LS3:([\\w-]{22}):([a-z0-9][a-z0-9-]{0,62})):${TAIL}`, 'g');
const UNNAMED = new RegExp(`LS2:${TAIL}`, 'g');

// Of a plaintext padded to 32, 64, 128 ... bytes and its tag, in base64url. In the binary form of a document one value
// follows the other without a mark between them, and the next one's first letters would be taken for more of this.
const LENGTHS = Array.from({ length: 12 }, (_, power) =>
  Math.ceil(((32 * 2 ** power + 16) * 4) / 3),
).reverse();

const partsOf = (whole: string, nonce: string, body: string) => {
  const length = LENGTHS.find((one) => one <= body.length) ?? body.length;
  const header = whole.slice(0, whole.length - body.length - 1);
  const ours = body.slice(0, length);
  return {
    text: `${header}:${ours}`,
    header,
    nonce: Buffer.from(nonce, 'base64url'),
    sealed: Buffer.from(ours, 'base64url'),
  };
};

const sealedValues = (text: string): readonly SealedValue[] =>
  [...text.matchAll(NAMED)].map(([whole, lasting, scoped, scope = '', nonce = '', body = '']) => ({
    ...partsOf(whole, nonce, body),
    ref: Buffer.from(lasting ?? scoped ?? '', 'base64url').toString('hex'),
    scope,
  }));

// A row of the log or of a view with its stream's name, and what it is of.
const NEIGHBOURHOOD = 3_000;
const TOKENS =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|\d{4}-\d{2}-\d{2}(?!T)/g;

const carveUnnamed = (text: string, into: Map<string, UnnamedValue>): void => {
  for (const match of text.matchAll(UNNAMED)) {
    const [whole, nonce = '', body = ''] = match;
    const parts = partsOf(whole, nonce, body);
    const value = into.get(parts.text) ?? { ...parts, beside: new Set<string>() };
    const around = text.slice(
      Math.max(0, match.index - NEIGHBOURHOOD),
      match.index + whole.length + NEIGHBOURHOOD,
    );
    for (const [token] of around.matchAll(TOKENS)) value.beside.add(token);
    into.set(value.text, value);
  }
};

/** Everything of ours in some bytes, each once. */
export type Carved = Readonly<{
  keys: Map<string, WrappedKey>;
  claims: Map<string, ClaimBody>;
  values: Map<string, SealedValue>;
  unnamed: Map<string, UnnamedValue>;
}>;

export const nothingCarved = (): Carved => ({
  keys: new Map(),
  claims: new Map(),
  values: new Map(),
  unnamed: new Map(),
});

const carveBinary = (bytes: Buffer, into: Carved): void => {
  for (let at = bytes.indexOf('LWK1'); at >= 0; at = bytes.indexOf('LWK1', at + 1)) {
    const key = wrappedKeyAt(bytes, at);
    if (key) into.keys.set(key.nonce.toString('hex') + key.sealed.toString('hex'), key);
  }
  for (let at = bytes.indexOf('LCB1'); at >= 0; at = bytes.indexOf('LCB1', at + 1)) {
    const claim = claimBodyAt(bytes, at);
    if (claim) into.claims.set(claim.nonce.toString('hex'), claim);
  }
};

/** As they lie in heap files and WAL, and as a dump writes them (`\x4c574b31...`). */
export const carve = (bytes: Buffer, into: Carved): void => {
  carveBinary(bytes, into);
  const text = bytes.toString('latin1');
  for (const [run] of text.matchAll(/(?:4c574b31|4c434231)[0-9a-f]{100,}/g))
    carveBinary(Buffer.from(run, 'hex'), into);
  for (const value of sealedValues(text)) into.values.set(value.text, value);
  carveUnnamed(text, into.unnamed);
};

import { createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { carve, nothingCarved, type Carved, type SealedValue, type WrappedKey } from './formats.js';
import { rawBytes } from './raw-files.js';

/** What the attacker holds: files and folders (data, WAL, dumps, views, logs), key files, and guesses. */
export type Loot = Readonly<{
  paths: readonly string[];
  keyFiles: readonly string[];
  /** Plain texts that were planted: how many of them come out. */
  planted?: readonly string[];
  /** Values somebody may have claimed (all phone numbers, say). */
  guesses?: readonly Readonly<{ tenant: string; kind: string; value: string }>[];
  /** Tries every key on every value, not only the one a value names. */
  exhaustive?: boolean;
}>;

export type Booty = Readonly<{
  bytes: number;
  /** Of the wrapped keys that were found anywhere, dead or alive. */
  keys: Readonly<{ found: number; unwrapped: number }>;
  values: Readonly<{ found: number; opened: number }>;
  claims: Readonly<{ found: number; opened: number; guessed: number }>;
  planted: Readonly<{ opened: number; inClear: number }>;
}>;

type UnwrappedKey = Readonly<{ key: WrappedKey; bytes: Buffer }>;

const CLASSES = ['scope', 'subject', 'lookup'];

const joined = (...parts: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part as string);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(bytes.length);
      return [size, bytes];
    }),
  );

const decrypt = (key: KeyObject, nonce: Buffer, associated: Buffer, sealed: Buffer): Buffer | null => {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(-16));
  const plain = decipher.update(sealed.subarray(0, -16));
  try {
    decipher.final();
    return plain;
  } catch {
    return null;
  }
};

const derive = (material: Buffer, ...info: readonly string[]): KeyObject =>
  createSecretKey(
    Buffer.from(hkdfSync('sha256', material, 'lacuna.custody.hkdf.v1', joined('1', ...info), 32)),
  );

type Kek = Readonly<{ name: string; key: KeyObject }>;

const readKeks = (path: string): readonly Kek[] => {
  const document = JSON.parse(readFileSync(path, 'utf8')) as {
    keys: readonly { keyClass: string; epoch: number; key: string }[];
  };
  return document.keys.map(({ keyClass, epoch, key }) => ({
    name: `${keyClass}/${epoch}`,
    key: createSecretKey(Buffer.from(key, 'base64')),
  }));
};

/** Under every key-encryption key there is, whatever the wrapped key says of its epoch. */
const unwrapAll = (carved: Carved, keks: readonly Kek[]): readonly UnwrappedKey[] =>
  [...carved.keys.values()].flatMap((key) => {
    for (const kek of keks) {
      const bytes = decrypt(kek.key, key.nonce, key.header, key.sealed);
      if (bytes) return [{ key, bytes }];
    }
    return [];
  });

type SealKey = Readonly<{ ref: string; tenant: string; category: string; scope: string; key: KeyObject }>;

/** Every subject key with every scope key of its tenant and category. */
const sealKeys = (unwrapped: readonly UnwrappedKey[]): readonly SealKey[] => {
  const of = (name: string) => unwrapped.filter(({ key }) => CLASSES[key.keyClass] === name);
  const scopes = new Map<string, Map<string, UnwrappedKey>>();
  for (const one of of('scope')) {
    const [ref = '', tenant = '', , category = ''] = one.key.context;
    const slot = `${tenant} ${category}`;
    scopes.set(slot, (scopes.get(slot) ?? new Map<string, UnwrappedKey>()).set(ref, one));
  }
  const subjects = new Map(of('subject').map((one) => [one.key.context[0] ?? '', one]));
  return [...subjects].flatMap(([ref, one]) => {
    const [, tenant = '', , category = ''] = one.key.context;
    return [...(scopes.get(`${tenant} ${category}`)?.values() ?? [])].map((scope) => {
      const name = scope.key.context[4] ?? '';
      const key = derive(Buffer.concat([one.bytes, scope.bytes]), 'seal', tenant, category, name);
      return { ref: ref.replaceAll('-', ''), tenant, category, scope: name, key };
    });
  });
};

const unpadded = (padded: Buffer): string => padded.subarray(0, padded.lastIndexOf(0x80)).toString('utf8');

const openWith = (value: SealedValue, key: SealKey): string | null => {
  const plain = decrypt(
    key.key,
    value.nonce,
    joined(value.header, key.tenant, key.category, key.scope),
    value.sealed,
  );
  return plain && unpadded(plain);
};

const firstOpen = (value: SealedValue, keys: readonly SealKey[]): string | null => {
  for (const key of keys) {
    const text = openWith(value, key);
    if (text !== null) return text;
  }
  return null;
};

const openValues = (
  carved: Carved,
  keys: readonly SealKey[],
  exhaustive: boolean,
): ReadonlyMap<string, string> => {
  const byRef = Map.groupBy(keys, (key) => key.ref);
  const opened = new Map<string, string>();
  for (const value of carved.values.values()) {
    const text = firstOpen(value, byRef.get(value.ref) ?? []) ?? (exhaustive ? firstOpen(value, keys) : null);
    if (text !== null) opened.set(value.text, text);
  }
  return opened;
};

/** Opens what claims it can, and computes the tag of every guess under every epoch key. */
const openClaims = (carved: Carved, unwrapped: readonly UnwrappedKey[], guesses: Loot['guesses'] = []) => {
  const epochs = unwrapped.filter(({ key }) => key.context[3] === 'lookup').map(({ bytes }) => bytes);
  const claims = [...carved.claims.values()];
  const bodies = epochs.map((epoch) => derive(epoch, 'custody', 'claim-body'));
  const tags = new Set(claims.map((claim) => `${claim.tenant} ${claim.kind} ${claim.tag}`));
  const tagKeys = epochs.map((epoch) => derive(epoch, 'custody', 'claim-tag'));
  const guessed = guesses.filter(({ tenant, kind, value }) => {
    const inner = createHmac('sha256', 'lacuna.custody.claim.inner.v1')
      .update(joined(tenant, kind, value))
      .digest();
    return tagKeys.some((key) =>
      tags.has(`${tenant} ${kind} ${createHmac('sha256', key).update(joined(inner)).digest('hex')}`),
    );
  });
  const opened = claims.filter((claim) =>
    bodies.some((key) => decrypt(key, claim.nonce, claim.header, claim.sealed) !== null),
  );
  return { found: claims.length, opened: opened.length, guessed: guessed.length };
};

/** Finds the planted texts that stand in clear: by their first bytes, then whole. */
const clearTextFinder = (planted: readonly string[]): ((bytes: Buffer) => readonly string[]) => {
  const texts = planted.map((text) => ({ text, bytes: Buffer.from(text, 'utf8') }));
  const byStart = Map.groupBy(texts, ({ bytes }) => bytes.toString('latin1', 0, 6));
  return (bytes) =>
    [...byStart].flatMap(([start, alike]) => {
      const found: string[] = [];
      for (let at = bytes.indexOf(start, 0, 'latin1'); at >= 0; at = bytes.indexOf(start, at + 1, 'latin1'))
        for (const one of alike)
          if (
            at + one.bytes.length <= bytes.length &&
            bytes.compare(one.bytes, 0, one.bytes.length, at, at + one.bytes.length) === 0
          )
            found.push(one.text);
      return found;
    });
};

/** Carves, unwraps, opens: everything that today's keys can still do with all the bytes there are. */
export const attack = (loot: Loot): Booty => {
  const carved = nothingCarved();
  const planted = loot.planted ?? [];
  const inClear = new Set<string>();
  const lookFor = clearTextFinder(planted);
  let bytes = 0;
  for (const run of rawBytes(loot.paths)) {
    bytes += run.bytes.length;
    carve(run.bytes, carved);
    for (const text of lookFor(run.bytes)) inClear.add(text);
  }
  const unwrapped = unwrapAll(carved, loot.keyFiles.flatMap(readKeks));
  const opened = openValues(carved, sealKeys(unwrapped), loot.exhaustive ?? false);
  const texts = new Set(opened.values());
  return {
    bytes,
    keys: { found: carved.keys.size, unwrapped: unwrapped.length },
    values: { found: carved.values.size, opened: opened.size },
    claims: openClaims(carved, unwrapped, loot.guesses),
    planted: { opened: planted.filter((text) => texts.has(text)).length, inClear: inClear.size },
  };
};

import { createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decrypt, derive, mac } from './crypto.js';
import { factorsOf, type UnwrappedKey } from './factors.js';
import { carve, nothingCarved, type Carved } from './formats.js';
import { openNamed, openUnnamed } from './openings.js';
import { rawBytes } from './raw-files.js';

/** What the attacker holds: files and folders (data, WAL, dumps, views, logs), key files, and guesses. */
export type Loot = Readonly<{
  paths: readonly string[];
  keyFiles: readonly string[];
  /** Plain texts that were planted: how many of them come out. */
  planted?: readonly string[];
  /** Values somebody may have claimed (all phone numbers, say). */
  guesses?: readonly Readonly<{ tenant: string; kind: string; value: string }>[];
  /** Member ids: only what is of these people is looked for. A store's people with its days are millions of keys. */
  subjects?: readonly string[];
  /** Tries every key on every value, not only the one a value names. */
  exhaustive?: boolean;
}>;

export type Booty = Readonly<{
  bytes: number;
  /** Of the wrapped keys that were found anywhere, dead or alive. */
  keys: Readonly<{ found: number; unwrapped: number }>;
  /** Values that name their key (LS1, LS3). */
  values: Readonly<{ found: number; opened: number }>;
  /** Values that name none (LS2): behaviour and sign-ups. */
  behaviour: Readonly<{ found: number; opened: number }>;
  /** What a night keeps under a key of its own until it can be counted: no member, and a name for that night only. */
  copies: Readonly<{ found: number; opened: number }>;
  claims: Readonly<{ found: number; opened: number; guessed: number }>;
  planted: Readonly<{ opened: number; inClear: number }>;
}>;

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

const SUBJECT = 1;
const OWNER = 2;

/** Every key but those of other people. */
const aimedAt = (unwrapped: readonly UnwrappedKey[], subjects: Loot['subjects']): readonly UnwrappedKey[] => {
  if (subjects === undefined) return unwrapped;
  const wanted = new Set(subjects);
  return unwrapped.filter(({ key }) => key.keyClass !== SUBJECT || wanted.has(key.context[OWNER] ?? ''));
};

/** Opens what claims it can, and computes the tag of every guess under every epoch key. */
const openClaims = (carved: Carved, unwrapped: readonly UnwrappedKey[], guesses: Loot['guesses'] = []) => {
  const epochs = unwrapped.filter(({ key }) => key.context[3] === 'lookup').map(({ bytes }) => bytes);
  const claims = [...carved.claims.values()];
  const bodies = epochs.map((epoch) => derive(epoch, 'custody', 'claim-body'));
  const tags = new Set(claims.map((claim) => `${claim.tenant} ${claim.kind} ${claim.tag}`));
  const tagKeys = epochs.map((epoch) => derive(epoch, 'custody', 'claim-tag'));
  const guessed = guesses.filter(({ tenant, kind, value }) => {
    const inner = Buffer.from(mac('lacuna.custody.claim.inner.v1', tenant, kind, value), 'hex');
    return tagKeys.some((key) => tags.has(`${tenant} ${kind} ${mac(key, inner)}`));
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

/** How many of the planted texts stand in what was opened: a body holds more than the text that was planted in it. */
const cameOut = (planted: readonly string[], opened: readonly string[]): number => {
  const whole = new Set(opened);
  const all = opened.join('\n');
  return planted.filter((text) => whole.has(text) || all.includes(text)).length;
};

const isCopy = (text: string): boolean => text.startsWith('LS2:copies:');

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
  const factors = factorsOf(aimedAt(unwrapped, loot.subjects));
  const opened = openNamed(carved, factors, loot.exhaustive ?? false);
  const unnamed = openUnnamed(carved, factors, loot.exhaustive ?? false);
  const texts = [...carved.unnamed.values()].map(({ text }) => text);
  const copies = texts.filter(isCopy);
  const openedCopies = [...unnamed.keys()].filter(isCopy);
  return {
    bytes,
    keys: { found: carved.keys.size, unwrapped: unwrapped.length },
    values: { found: carved.values.size, opened: opened.size },
    behaviour: { found: texts.length - copies.length, opened: unnamed.size - openedCopies.length },
    copies: { found: copies.length, opened: openedCopies.length },
    claims: openClaims(carved, unwrapped, loot.guesses),
    planted: { opened: cameOut(planted, [...opened.values(), ...unnamed.values()]), inClear: inClear.size },
  };
};

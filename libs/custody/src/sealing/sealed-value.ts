import type { KeyObject } from 'node:crypto';
import { freshNonce } from './aead.js';
import { bytesToUuid } from './byte-string.js';
import { MEMBERSHIP, type KeyContext } from './key-derivation.js';
import {
  BODY_FORM,
  canonicalBytes,
  FIELD_FORM,
  inShort,
  keepingLast,
  NONCE_FORM,
  openText,
  placeOf,
  sealText,
  UUID_FORM,
  type PlaceLabel,
} from './seal-text.js';

/**
 * Values that say which key opens them, so that whoever reads them needs to know nobody: binary parts in base64url.
 * The magic names format and version; the key reference is a key row's opaque id, never the subject.
 *
 * `LS1:<key reference>:<field>:<event id>:<nonce>:<ciphertext and tag>` under the scope of the membership;
 * `LS3:<key reference>:<scope>:<field>:<event id>:<nonce>:<ciphertext and tag>` under a scope of its own (a month of reads).
 */
const SCOPE_FORM = '[a-z0-9][a-z0-9-]{0,62}';
const TAIL = `(?<field>${FIELD_FORM}):(?<event>${UUID_FORM}):(?<nonce>${NONCE_FORM})):(?<body>${BODY_FORM})$`;
const LASTING = new RegExp(`^(?<header>LS1:(?<ref>${UUID_FORM}):${TAIL}`);
const SCOPED = new RegExp(`^(?<header>LS3:(?<ref>${UUID_FORM}):(?<scope>${SCOPE_FORM}):${TAIL}`);

type Pieces = Readonly<Record<'header' | 'ref' | 'field' | 'event' | 'nonce' | 'body', string>> &
  Readonly<{ scope?: string }>;

export type SealedLabel = PlaceLabel & Readonly<{ keyRef: string }>;

export type ParsedSealed = SealedLabel &
  Readonly<{
    scope: string;
    /** All but the ciphertext, as it stands: with tenant, category and scope the associated data. */
    header: string;
    nonce: Buffer;
    ciphertext: Buffer;
  }>;

const shortRef = keepingLast(inShort);

export const seal = (key: KeyObject, context: KeyContext, label: SealedLabel, plaintext: string): string => {
  const nonce = freshNonce();
  const ref = shortRef(label.keyRef);
  const start = context.scope === MEMBERSHIP ? `LS1:${ref}` : `LS3:${ref}:${context.scope}`;
  const header = `${start}:${placeOf(label)}:${nonce.toString('base64url')}`;
  return sealText({ key, context }, { header, nonce }, plaintext);
};

/** Null: not of these forms, or not in its one canonical spelling. */
export const parseSealed = (text: string): ParsedSealed | null => {
  const pieces = (LASTING.exec(text) ?? SCOPED.exec(text))?.groups as Pieces | undefined;
  const ciphertext = pieces ? canonicalBytes(pieces.body) : null;
  // Of the membership there is one form alone.
  if (!pieces || ciphertext === null || pieces.scope === MEMBERSHIP) return null;
  return {
    header: pieces.header,
    keyRef: bytesToUuid(Buffer.from(pieces.ref, 'base64url')),
    scope: pieces.scope ?? MEMBERSHIP,
    field: pieces.field,
    eventId: bytesToUuid(Buffer.from(pieces.event, 'base64url')),
    nonce: Buffer.from(pieces.nonce, 'base64url'),
    ciphertext,
  };
};

/** Null: the value was not sealed under this key, in this context, with this label. */
export const open = (key: KeyObject, context: KeyContext, value: ParsedSealed): string | null =>
  openText({ key, context }, value, value.ciphertext);

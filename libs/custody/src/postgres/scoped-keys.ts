import type { ScopedKeys } from '../scopes.port.js';
import type { DerivedKeys } from '../keys/derived-keys.js';
import { digestToUuid } from '../sealing/byte-string.js';
import { keyedDigest } from '../sealing/key-derivation.js';
import { openUnnamed, sealUnnamed } from '../sealing/unnamed-value.js';

/** What a person's keys within a scope can do. */
export const scopedKeys = (keys: DerivedKeys, claims: readonly string[]): ScopedKeys => ({
  scope: keys.context.scope,
  seal: (field, eventId, plaintext) => ({
    sealed: sealUnnamed(keys.use('seal'), keys.context, { field, eventId }, plaintext),
  }),
  open: (field, eventId, { sealed }) =>
    openUnnamed(keys.key('seal'), keys.context, { field, eventId }, sealed),
  id: (label) => digestToUuid(keyedDigest(keys.key('id'), label)),
  stream: (ordinal) => keyedDigest(keys.key('stream'), String(ordinal)).toString('hex', 0, 16),
  tag: (label) => keyedDigest(keys.key('tag'), label).toString('base64url', 0, 16),
  claims,
});

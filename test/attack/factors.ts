import type { KeyObject } from 'node:crypto';
import { decrypt, derive, joined, mac, unpadded } from './crypto.js';
import type { WrappedKey } from './formats.js';

export type UnwrappedKey = Readonly<{ key: WrappedKey; bytes: Buffer }>;

const CLASSES = ['scope', 'subject', 'lookup'];
const NIGHT = 'night';

type Sealed = Readonly<{ header: string; nonce: Buffer; sealed: Buffer }>;

/** What a key is of. `ref`: of the subject's key, without hyphens; empty for a night, which has none. */
export type Place = Readonly<{ ref: string; tenant: string; category: string; scope: string }>;

/** A subject's key with a scope's, or a night's alone: what is derived of them is derived when it is asked for. */
export class Factor {
  private sealing: KeyObject | null = null;

  constructor(
    readonly place: Place,
    private readonly material: Buffer,
  ) {}

  private derive(purpose: string): KeyObject {
    const { tenant, category, scope } = this.place;
    return derive(this.material, purpose, tenant, category, scope);
  }

  open(value: Sealed): string | null {
    this.sealing ??= this.derive('seal');
    const { tenant, category, scope } = this.place;
    const associated = joined(value.header, tenant, category, scope);
    const plain = decrypt(this.sealing, value.nonce, associated, value.sealed);
    return plain && unpadded(plain);
  }

  /** The names of the streams that a person's day begins with: as many as `exists` knows, from the first on. */
  streams(exists: (name: string) => boolean): readonly string[] {
    const key = this.derive('stream');
    const names: string[] = [];
    for (let ordinal = 0; ; ordinal += 1) {
      const name = mac(key, String(ordinal)).slice(0, 32);
      if (!exists(name)) return names;
      names.push(name);
    }
  }
}

/** Every subject key with every scope key of its tenant and category, and the nights' own. */
export const factorsOf = (unwrapped: readonly UnwrappedKey[]): readonly Factor[] => {
  const of = (name: string) => unwrapped.filter(({ key }) => CLASSES[key.keyClass] === name);
  const scopes = new Map<string, Map<string, UnwrappedKey>>();
  for (const one of of('scope')) {
    const [ref = '', tenant = '', , category = ''] = one.key.context;
    const slot = `${tenant} ${category}`;
    scopes.set(slot, (scopes.get(slot) ?? new Map<string, UnwrappedKey>()).set(ref, one));
  }
  const nights = [...scopes].flatMap(([slot, keys]) =>
    slot.endsWith(` ${NIGHT}`) ? [...keys.values()] : [],
  );
  const subjects = new Map(of('subject').map((one) => [one.key.context[0] ?? '', one]));
  const pairs = [...subjects].flatMap(([ref, one]) => {
    const [, tenant = '', , category = ''] = one.key.context;
    const own = [...(scopes.get(`${tenant} ${category}`)?.values() ?? [])];
    return own.map(({ key, bytes }) => {
      const place = { ref: ref.replaceAll('-', ''), tenant, category, scope: key.context[4] ?? '' };
      return new Factor(place, Buffer.concat([one.bytes, bytes]));
    });
  });
  const own = nights.map(({ key, bytes }) => {
    const [, tenant = '', , category = '', scope = ''] = key.context;
    return new Factor({ ref: '', tenant, category, scope }, bytes);
  });
  return [...pairs, ...own];
};

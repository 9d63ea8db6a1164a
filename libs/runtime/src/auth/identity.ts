import type { JWTPayload } from 'jose';
import { AuthError } from './auth-error.js';

/** Who calls, as the token says. Nothing of it is ever taken from a request. */
export type Identity = Readonly<{
  tenant: string;
  actorId: string;
  /** The one acting role of this call; held by the actor. */
  role: string;
  /** All roles held: a deny that is about a person looks at all of them. */
  roles: readonly string[];
  /** The calling program (`client_id`, else the subject): request ids are unique within it. */
  client: string;
  /** The caller's own member id, for a self-service actor. */
  memberId?: string;
}>;

/** Claims that a token must have beside issuer and audience. */
export const REQUIRED_CLAIMS = ['tenant', 'sub', 'role', 'roles', 'exp', 'iat'] as const;

const TENANT = /^[a-z][a-z0-9-]{0,62}$/;
const ROLE = /^[a-z][a-z0-9-]{0,62}$/;
const OPAQUE = /^[\x21-\x7e]{1,200}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The product's own streams live there; nobody acts in it. */
const RESERVED_TENANT = 'system';

const matching = (value: unknown, pattern: RegExp): string => {
  if (typeof value !== 'string' || !pattern.test(value)) throw new AuthError('TOKEN_INVALID');
  return value;
};

const rolesHeld = (value: unknown, acting: string): readonly string[] => {
  if (!Array.isArray(value) || value.length > 32) throw new AuthError('TOKEN_INVALID');
  const roles = value.map((role: unknown) => matching(role, ROLE));
  if (!roles.includes(acting)) throw new AuthError('TOKEN_INVALID');
  return roles;
};

/** Reads the identity out of verified claims; claims of the wrong form refuse the token. */
export const identityOfClaims = (claims: JWTPayload): Identity => {
  const tenant = matching(claims['tenant'], TENANT);
  if (tenant === RESERVED_TENANT) throw new AuthError('TOKEN_INVALID');
  const actorId = matching(claims.sub, OPAQUE);
  const role = matching(claims['role'], ROLE);
  const identity = {
    tenant,
    actorId,
    role,
    roles: rolesHeld(claims['roles'], role),
    client: matching(claims['client_id'] ?? actorId, OPAQUE),
  };
  if (claims['member_id'] === undefined) return identity;
  return { ...identity, memberId: matching(claims['member_id'], UUID) };
};

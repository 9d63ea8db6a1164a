import { LacunaError } from './errors.js';

/** What a stream is about. The kind never contains a hyphen, so that it ends at the first one. */
export const streamKinds = [
  'member',
  'identity',
  'reads',
  'access',
  'imports',
  'custody',
  'behaviour',
  'night',
  'statistics',
  'retention',
  'activity',
] as const;
export type StreamKind = (typeof streamKinds)[number];

export type StreamName = Readonly<{ tenant: string; kind: StreamKind; id: string }>;

/** Reserved: no token carries it. Its one stream, `system.custody-keys`, records what concerns every tenant. */
export const systemTenant = 'system';

const tenantForm = /^[a-z][a-z0-9-]{0,62}$/;
const idForm = /^[A-Za-z0-9_-]{1,128}$/;

export const isTenant = (value: string): boolean => tenantForm.test(value);

const isStreamKind = (value: string): value is StreamKind => streamKinds.some((kind) => kind === value);

const isWellFormed = ({ tenant, kind, id }: StreamName): boolean =>
  isTenant(tenant) && idForm.test(id) && (tenant === systemTenant) === (kind === 'custody');

/**
 * `<tenant>.<kind>-<id>`: the one place that makes a stream's name. The id is a UUID, a derived part or a month,
 * never a personal value; anything else is `STREAM_ID_INVALID`, which does not repeat what was given.
 */
export const streamId = (tenant: string, kind: StreamKind, id: string): string => {
  if (!isWellFormed({ tenant, kind, id }))
    throw new LacunaError('STREAM_ID_INVALID', `no stream of kind ${kind} can have this name`);
  return `${tenant}.${kind}-${id}`;
};

/** The parts of a name that `streamId` made; `null` for any other string. */
export const parseStreamId = (stream: string): StreamName | null => {
  const match = /^([^.]+)\.([^-]+)-(.+)$/.exec(stream);
  const [, tenant = '', kind = '', id = ''] = match ?? [];
  if (!isStreamKind(kind)) return null;
  const name = { tenant, kind, id };
  return isWellFormed(name) ? name : null;
};

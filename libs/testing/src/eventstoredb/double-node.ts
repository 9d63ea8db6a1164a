import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import type { DoubleFaults } from './double-faults.js';
import { takeFault } from './double-faults.js';
import type { DoubleLog } from './double-log.js';

export type EndPoint = Readonly<{ address: string; port: number }>;
export type DoubleUser = Readonly<{ username: string; password: string }>;

/** What the services of one node share. The cluster's nodes share log and faults; only one leads. */
export type DoubleNode = Readonly<{
  log: DoubleLog;
  faults: DoubleFaults;
  isLeader(): boolean;
  leader(): EndPoint | null;
  /** It has lost its cluster: alive, but ready for nobody. */
  isIsolated(): boolean;
  /** How many records a follower is behind. */
  lag(): number;
  user: DoubleUser | null;
  maxAppendSize: number;
  /** Drops every connection to this node. */
  dropConnections(): void;
}>;

export type RpcError = Pick<ServiceError, 'code' | 'details' | 'metadata'> & Error;

export const rpcError = (
  code: status,
  details: string,
  trailers: Readonly<Record<string, string>> = {},
): RpcError => {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(details), { code, details, metadata });
};

const accessDenied = (): RpcError =>
  rpcError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

const notLeader = (leader: EndPoint | null): RpcError =>
  leader
    ? rpcError(status.NOT_FOUND, 'Leader info available', {
        exception: 'not-leader',
        'leader-endpoint-host': leader.address,
        'leader-endpoint-port': String(leader.port),
      })
    : rpcError(status.UNKNOWN, 'No leader info available in response');

/** A wrong password is refused by the transport, no password by the authorization behind it. */
export const credentialsError = (user: DoubleUser | null, metadata: Metadata): RpcError | null => {
  if (!user) return null;
  const given = metadata.get('authorization')[0];
  if (given === undefined) return accessDenied();
  const wanted = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
  return given === wanted ? null : rpcError(status.UNAUTHENTICATED, 'Unauthenticated');
};

/** Why a node does not handle a call that it would let in; `null`: it does. */
export const unhandled = (node: DoubleNode, metadata: Metadata): RpcError | null => {
  if (takeFault(node.faults, 'unavailable') || node.isIsolated())
    return rpcError(status.UNAVAILABLE, 'Server Is Not Ready');
  const requiresLeader = metadata.get('requires-leader')[0] === 'true';
  return requiresLeader && !node.isLeader() ? notLeader(node.leader()) : null;
};

/** What a node answers before it looks at a call; `null`: it looks at it. */
export const refusal = (node: DoubleNode, metadata: Metadata): RpcError | null =>
  credentialsError(node.user, metadata) ?? unhandled(node, metadata);

export const streamDeleted = (stream: string): RpcError =>
  rpcError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

import { readFileSync } from 'node:fs';
import {
  credentials,
  type Metadata,
  type CallOptions,
  type ChannelCredentials,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  activityV1,
  adminV1,
  behaviourV1,
  integrationV1,
  memberV1,
  queryV1,
  readStatus,
} from '@lacuna/contracts';
import type { Config } from '@lacuna/runtime';
import { CliError, RefusedError } from '../output/cli-error.js';
import { bearer, type Caller } from './bearer.js';
import { targetOf } from './targets.js';

/** The services of a running server, called as one caller. */
export type Server = Readonly<{
  member: memberV1.MemberServiceClient;
  behaviour: behaviourV1.BehaviourServiceClient;
  activity: activityV1.ActivityServiceClient;
  query: queryV1.QueryServiceClient;
  integration: integrationV1.IntegrationServiceClient;
  admin: adminV1.AdminServiceClient;
  metadata: Metadata;
  close(): void;
}>;

type Callback<Answer> = (error: ServiceError | null, answer: Answer) => void;

const CALL_MS = 30_000;

/** How long one call may take. */
export const callOptions = (milliseconds = CALL_MS): Partial<CallOptions> => ({
  deadline: Date.now() + milliseconds,
});

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && 'metadata' in error && 'details' in error;

/** A broken call as the end of a command; any other error as it is. */
export const endOf = (error: unknown): Error => {
  if (isServiceError(error)) return new RefusedError(readStatus(error));
  return error instanceof Error ? error : new Error('something was thrown that is no error');
};

/** Makes a call that answers through a callback; a refusal ends the command. */
export const answerOf = <Answer>(call: (callback: Callback<Answer>) => unknown): Promise<Answer> =>
  new Promise((resolve, reject) => {
    call((error, answer) => {
      if (error) reject(endOf(error));
      else resolve(answer);
    });
  });

type Constructor<Client> = new (target: string, channel: ChannelCredentials) => Client;

const channelOf = ({ grpcCaFile }: Config): ChannelCredentials => {
  if (grpcCaFile === null) return credentials.createInsecure();
  try {
    return credentials.createSsl(readFileSync(grpcCaFile));
  } catch {
    throw new CliError(2, 'LACUNA_GRPC_CA_FILE: cannot be read, or holds no certificate');
  }
};

/**
 * Connects to the servers that run on this home (or at `address`), as a caller; to each when it is first called, and
 * anew once others run here: one that comes back does so at another port.
 */
export const connect = async (config: Config, caller: Caller, address?: string): Promise<Server> => {
  const channel = channelOf(config);
  const { metadata, close } = await bearer(config, caller);
  const open = new Map<string, Readonly<{ close(): void }>>();
  const client = <Client extends object & Readonly<{ close(): void }>>(
    service: Constructor<Client>,
    kind: keyof Config['servers'],
  ): Client => {
    const target = targetOf(config, kind, address);
    const name = `${service.name} ${target}`;
    const known = open.get(name);
    if (known instanceof service) return known;
    const made = new service(target, channel);
    open.set(name, made);
    return made;
  };
  return {
    metadata,
    get member() {
      return client(memberV1.MemberServiceClient, 'command');
    },
    get behaviour() {
      return client(behaviourV1.BehaviourServiceClient, 'command');
    },
    get activity() {
      return client(activityV1.ActivityServiceClient, 'command');
    },
    get query() {
      return client(queryV1.QueryServiceClient, 'query');
    },
    get integration() {
      return client(integrationV1.IntegrationServiceClient, 'query');
    },
    get admin() {
      return client(adminV1.AdminServiceClient, 'admin');
    },
    close: () => {
      close();
      for (const one of open.values()) one.close();
    },
  };
};

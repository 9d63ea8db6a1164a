import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, Metadata, status, type CallOptions, type ServiceError } from '@grpc/grpc-js';
import {
  adminV1,
  behaviourV1,
  errorRow,
  memberV1,
  queryV1,
  readStatus,
  type RefusedCall,
} from '@lacuna/contracts';
import { demoIssuerOptions, openDemoIssuer } from '@lacuna/runtime';
import type { Reached, Served } from './served.js';

export const TENANT = 'car-club';
const CALL_MS = 30_000;
const GIVE_UP_MS = 300_000;
const ROLES = [
  'integrator',
  'customer-service',
  'management',
  'operator',
  'compliance-officer',
  'activity-dept',
] as const;

export type Role = (typeof ROLES)[number];

/** The services of one life of the product over a connection of one's own. */
export type Services = Readonly<{
  member: memberV1.MemberServiceClient;
  behaviour: behaviourV1.BehaviourServiceClient;
  query: queryV1.QueryServiceClient;
  admin: adminV1.AdminServiceClient;
  as(role: Role): Metadata;
  close(): void;
}>;

type Callback<Answer> = (error: ServiceError | null, answer: Answer) => void;

/** A call on one life; `options` holds its deadline. */
export type Call<Answer> = (
  services: Services,
  options: Partial<CallOptions>,
  callback: Callback<Answer>,
) => unknown;

export class Refused extends Error {
  constructor(readonly call: RefusedCall) {
    super(`${call.reason ?? 'no reason'} (gRPC ${call.grpcCode}): ${call.message}`);
    this.name = 'Refused';
  }
}

const tokensOf = async (home: string): Promise<ReadonlyMap<Role, Metadata>> => {
  const issuer = await openDemoIssuer(demoIssuerOptions(home, ['127.0.0.1']));
  const tokens = await Promise.all(
    ROLES.map(async (role): Promise<[Role, Metadata]> => {
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${(await issuer.issue({ tenant: TENANT, role })).token}`);
      return [role, metadata];
    }),
  );
  return new Map(tokens);
};

const connect = (
  { command, query: reads, admin: clock }: Reached,
  tokens: ReadonlyMap<Role, Metadata>,
): Services => {
  const own = { 'grpc.use_local_subchannel_pool': 1, 'grpc.max_reconnect_backoff_ms': 500 };
  const insecure = credentials.createInsecure();
  const member = new memberV1.MemberServiceClient(command, insecure, own);
  // One connection for all that one process serves.
  const at = (address: string): typeof own & { channelOverride?: ReturnType<typeof member.getChannel> } =>
    address === command ? { ...own, channelOverride: member.getChannel() } : own;
  const behaviour = new behaviourV1.BehaviourServiceClient(command, insecure, at(command));
  const query = new queryV1.QueryServiceClient(reads, insecure, at(reads));
  const admin = new adminV1.AdminServiceClient(clock, insecure, at(clock));
  return {
    member,
    behaviour,
    query,
    admin,
    as: (role) => tokens.get(role) ?? new Metadata(),
    close: () => {
      for (const client of [member, query, admin]) client.close();
    },
  };
};

// What a client sees of a server that died: refused, cut off in the middle, no answer in time.
const CUT: ReadonlySet<number> = new Set<number>([
  status.UNAVAILABLE,
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.UNKNOWN,
]);
const OUT_OF_TIME = new Set(['DEADLINE_PASSED', 'CALL_CANCELLED']);

/** Whether the caller still does not know what became of the request: it sends it again as it is. */
export const isUnanswered = ({ reason, grpcCode }: RefusedCall): boolean =>
  reason === null ? CUT.has(grpcCode) : OUT_OF_TIME.has(reason) || errorRow(reason)?.retry === true;

/** A client that survives the product: it finds each new life, and repeats what had no answer. */
export class Caller {
  #services: Services | null = null;
  #life: string | null = null;
  /** Why requests were sent again, and how often. */
  readonly repeats = new Map<string, number>();

  constructor(private readonly product: Served) {}

  /** Sends once. `Refused` where the product answered with a refusal or did not answer. */
  async once<Answer>(call: Call<Answer>): Promise<Answer> {
    const services = await this.#connected();
    return new Promise((resolve, reject) => {
      call(services, { deadline: Date.now() + CALL_MS }, (error, answer) => {
        if (error) reject(new Refused(readStatus(error)));
        else resolve(answer);
      });
    });
  }

  /** Sends the same request until it is answered; a refusal is an answer. */
  async untilAnswered<Answer>(call: Call<Answer>): Promise<Readonly<{ answer: Answer; attempts: number }>> {
    const deadline = performance.now() + GIVE_UP_MS;
    for (let attempts = 1; ; attempts += 1) {
      try {
        return { answer: await this.once(call), attempts };
      } catch (error) {
        if (!(error instanceof Refused) || !isUnanswered(error.call) || performance.now() > deadline)
          throw error;
        const why = error.call.reason ?? `cut off (gRPC ${error.call.grpcCode})`;
        this.repeats.set(why, (this.repeats.get(why) ?? 0) + 1);
      }
      await sleep(100);
    }
  }

  async services(): Promise<Services> {
    return this.#connected();
  }

  close(): void {
    this.#services?.close();
    this.#services = null;
    this.#life = null;
  }

  async #connected(): Promise<Services> {
    const reached = await this.#serving();
    if (this.#services === null || this.#life !== reached.life) {
      this.close();
      this.#services = connect(reached, await tokensOf(this.product.home));
      this.#life = reached.life;
    }
    return this.#services;
  }

  async #serving(): Promise<Reached> {
    const deadline = performance.now() + GIVE_UP_MS;
    for (;;) {
      const reached = this.product.reached();
      if (reached !== null) return reached;
      if (this.product.isOver || performance.now() > deadline)
        throw new Error('the product did not come back');
      await sleep(50);
    }
  }
}

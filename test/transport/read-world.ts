import { randomUUID } from 'node:crypto';
import type { Metadata, ServiceError } from '@grpc/grpc-js';
import { memberV1, queryV1, type RefusedCall } from '@lacuna/contracts';
import { outcome } from './grpc-harness.js';
import type { ReadStack } from './read-stack.js';

export type Who = Readonly<{ tenant: string; role: string; memberId?: string }>;

export const as = (role: string, memberId?: string): Who => ({
  tenant: 'car-club',
  role,
  ...(memberId ? { memberId } : {}),
});

export const processing: memberV1.Processing = {
  channel: 'registration',
  lawfulBasis: 'contract',
  purposes: ['service'],
  noticeVersion: '1998-01',
  provenance: 'subject',
};

/** A unary method of a generated client. */
export type Method<Request, Answer> = (
  request: Request,
  metadata: Metadata,
  done: (error: ServiceError | null, answer: Answer) => void,
) => unknown;

const VIEWS = 6;
const officer = as('compliance-officer');
let mobiles = 0;

/** What the tests of a whole stack do to it, over the wire. */
export class ReadWorld {
  readonly members: memberV1.MemberServiceClient;
  readonly queries: queryV1.QueryServiceClient;

  constructor(private readonly stack: ReadStack) {
    this.members = stack.server.client(memberV1.MemberServiceClient);
    this.queries = stack.server.client(queryV1.QueryServiceClient);
  }

  async call<Request, Answer>(who: Who, method: Method<Request, Answer>, request: Request): Promise<Answer> {
    const done = await this.ask(who, method, request);
    if ('refused' in done) throw new Error(JSON.stringify(done.refused));
    return done.answer;
  }

  async refused<Request, Answer>(
    who: Who,
    method: Method<Request, Answer>,
    request: Request,
  ): Promise<RefusedCall> {
    const done = await this.ask(who, method, request);
    if ('answer' in done) throw new Error('the call was answered');
    return done.refused;
  }

  register(info: memberV1.MemberInfo, tenant = 'car-club'): Promise<memberV1.RegisterMemberResponse> {
    const request: memberV1.RegisterMemberRequest = { requestId: randomUUID(), processing, info };
    return this.call(
      { tenant, role: 'integrator' },
      (asked: memberV1.RegisterMemberRequest, metadata, done) =>
        this.members.registerMember(asked, metadata, done),
      request,
    );
  }

  /** A member with a name and a phone of their own. */
  async member(info: Partial<memberV1.MemberInfo> = {}): Promise<string> {
    const mobile = `139${String((mobiles += 1)).padStart(8, '0')}`;
    const { memberId } = await this.register({ name: '王小明', mobile, ...info });
    return memberId;
  }

  async status(): Promise<queryV1.GetStatusResponse> {
    for (;;) {
      const done = await this.ask<queryV1.GetStatusRequest, queryV1.GetStatusResponse>(
        officer,
        (asked, metadata, answered) => this.queries.getStatus(asked, metadata, answered),
        {},
      );
      if ('answer' in done) return done.answer;
      // At the very start the views are being built.
      if (done.refused.reason !== 'VIEW_BEHIND') throw new Error(JSON.stringify(done.refused));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The views have come to the head of the log. */
  async settled(): Promise<void> {
    const head = await this.stack.store.head();
    for (;;) {
      const { views } = await this.status();
      if (views.length === VIEWS && views.every(({ position }) => BigInt(position) >= head)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async trail(change: Partial<queryV1.ListAuditTrailRequest> = {}): Promise<queryV1.ListAuditTrailResponse> {
    await this.settled();
    const request = { memberId: '', from: '', to: '', pageSize: 1_000, pageToken: '', language: 'en' };
    return await this.call(
      officer,
      (asked: queryV1.ListAuditTrailRequest, metadata, done) =>
        this.queries.listAuditTrail(asked, metadata, done),
      { ...request, ...change },
    );
  }

  private async ask<Request, Answer>(who: Who, method: Method<Request, Answer>, request: Request) {
    const metadata = await this.stack.server.as(who);
    return await outcome<Answer>((done) => method(request, metadata, done));
  }
}

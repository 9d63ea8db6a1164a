import { randomUUID } from 'node:crypto';
import { credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js';
import { activityV1, type behaviourV1 } from '@lacuna/contracts';
import { Refused, type Call, type Caller, type Role, type Services } from '../product/calls.js';
import { callOf, memberIdOf, type Answer, type Command } from '../product/commands.js';
import { People, realName, service } from '../product/people.js';
import type { Served } from '../product/served.js';
import type { Secret } from './leaks.js';

/** A trace of the caller's own: its CRM traces whole visits, of people whom it names in its own spans. */
export const callersTrace = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${callersTrace}-b7ad6b7169203331-01`;

const signUps = { ...service, purposes: ['activity'], channel: 'sign-up' };
const behaviours = { ...service, purposes: ['service'] };

/** Does what an integrator does, rightly and wrongly, and remembers every value that it handed over. */
export class Planting {
  readonly secrets: Secret[] = [];
  /** How often each code was the answer. */
  readonly answers = new Map<string, number>();
  readonly #people = new People(7);

  /** `http`: where each of its processes answers. */
  constructor(
    private readonly product: Served,
    private readonly caller: Caller,
    private readonly http: () => readonly string[],
  ) {}

  /** A value that may stand nowhere. */
  secret(what: string, value: string): string {
    if (value === '') throw new Error(`there is no ${what}: ${JSON.stringify([...this.answers])}`);
    this.secrets.push({ what, value });
    return value;
  }

  requestId(): string {
    return this.secret('request id', randomUUID());
  }

  /** The answer, or null where it was refused; the refusal is kept. */
  async tried<Answer>(call: Call<Answer>): Promise<Answer | null> {
    const count = (code: string): void => void this.answers.set(code, (this.answers.get(code) ?? 0) + 1);
    try {
      const answer = await this.caller.once(call);
      count('OK');
      return answer;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      count(error.call.reason ?? `gRPC ${String(error.call.grpcCode)}`);
      return null;
    }
  }

  /** As a caller that traces: its context comes with every call, and so does what it should not send. */
  traced({ as }: Services, role: Role): Metadata {
    const metadata = as(role).clone();
    metadata.set('traceparent', traceparent);
    metadata.set('tracestate', `crm=${this.secret('trace state', 'canarytracestate')}`);
    metadata.set('baggage', `member=${this.secret('baggage', 'canarybaggage')}`);
    return metadata;
  }

  async command(command: Command): Promise<string | null> {
    const answer = await this.tried<Answer>((services, options, callback) =>
      callOf(command)({ ...services, as: (role) => this.traced(services, role) }, options, callback),
    );
    return command.kind === 'register' && answer !== null
      ? memberIdOf({ command, answer, attempts: 1 })
      : null;
  }

  /** A member with every value there is; its id. */
  async member(): Promise<string> {
    const { mobile = this.#people.mobile(), ...info } = this.#people.next();
    const number = String(this.secrets.length);
    const all = {
      ...info,
      name: this.secret('name', `金丝雀${info.name}`),
      mobile: this.secret('mobile', mobile),
      customerNumber: this.secret('customer number', `canary-number-${number}`),
    };
    const memberId = await this.command({
      kind: 'register',
      request: { requestId: this.requestId(), processing: service, info: all },
    });
    if (memberId === null) throw new Error(`nobody was registered: ${JSON.stringify([...this.answers])}`);
    const idNumber = this.secret('ID number', this.#people.idNumber());
    await this.command({
      kind: 'verify',
      request: { requestId: this.requestId(), processing: realName, memberId, name: all.name, idNumber },
    });
    return this.secret('member id', memberId);
  }

  async correct(memberId: string): Promise<void> {
    const mobile = this.secret('corrected mobile', this.#people.mobile());
    const request = { requestId: this.requestId(), processing: service, memberId, changes: { mobile } };
    await this.command({ kind: 'ask-correction', request });
  }

  async erase(memberId: string): Promise<void> {
    const request = {
      requestId: this.requestId(),
      processing: service,
      memberId,
      reason: 'exit',
      categories: [],
    };
    await this.command({ kind: 'erase', request });
  }

  async behaviour(memberId: string, day: string): Promise<void> {
    const request = {
      requestId: this.requestId(),
      processing: behaviours,
      behaviour: {
        member: { $case: 'memberId' as const, value: memberId },
        kind: 'service-need',
        occurred: day,
        details: { text: this.secret('what a member needs', `canaryneed${String(this.secrets.length)}`) },
      },
    };
    const answer = await this.tried<behaviourV1.RecordBehaviourResponse>((services, options, callback) =>
      services.behaviour.recordBehaviour(request, this.traced(services, 'integrator'), options, callback),
    );
    if (answer !== null) this.secret('handle of a behaviour', answer.behaviourId);
  }

  /** An activity, and who comes to it. */
  async activity(memberIds: readonly string[], plannedEnd: string): Promise<void> {
    const title = this.secret('title of an activity', 'canarytitle');
    const announce = { requestId: this.requestId(), processing: signUps, title, plannedEnd };
    const address = this.product.reached()?.command ?? '';
    const client = new activityV1.ActivityServiceClient(address, credentials.createInsecure());
    try {
      const announced = await this.tried<activityV1.AnnounceActivityResponse>((services, options, callback) =>
        client.announceActivity(announce, this.traced(services, 'activity-dept'), options, callback),
      );
      const activityId = announced?.activityId ?? '';
      this.secret('activity id', activityId);
      for (const memberId of memberIds) {
        const member = { $case: 'memberId' as const, value: memberId };
        const note = this.secret('note of a sign-up', `canarynote${String(this.secrets.length)}`);
        const request = {
          requestId: this.requestId(),
          processing: signUps,
          activityId,
          member,
          details: { note },
        };
        const answer = await this.tried<activityV1.SignUpResponse>((services, options, callback) =>
          client.signUp(request, this.traced(services, 'integrator'), options, callback),
        );
        if (answer !== null) this.secret('participant id', answer.participantId);
      }
    } finally {
      client.close();
    }
  }

  async read(memberId: string): Promise<void> {
    const by = { $case: 'memberId' as const, value: memberId };
    await this.tried((services, options, callback) =>
      services.query.getMember(
        { by, purpose: 'service', fields: [], asOf: '', minPosition: '' },
        this.traced(services, 'customer-service'),
        options,
        callback,
      ),
    );
  }

  /** Whatever a caller may send that is wrong, each with a value that could be somebody's. */
  async wrongly(memberId: string): Promise<void> {
    await this.wrongValues(memberId);
    await this.wrongQuestions();
    await this.wrongCalls();
    await this.wrongRequests();
  }

  private async wrongValues(memberId: string): Promise<void> {
    const mobile = this.secret('wrong mobile', '198canary');
    const info = { name: this.secret('name with a wrong mobile', '金丝雀误'), mobile };
    const requestId = this.requestId();
    await this.command({ kind: 'register', request: { requestId, processing: service, info } });
    const channel = this.secret('unknown channel', 'canarychannel');
    const unknown = { ...service, channel };
    await this.command({
      kind: 'register',
      request: { requestId, processing: unknown, info: this.#people.next() },
    });
    const idNumber = this.secret('wrong ID number', '99999919500101canary');
    const name = info.name;
    await this.command({
      kind: 'verify',
      request: { requestId, processing: realName, memberId, name, idNumber },
    });
    const nobody = this.secret('name of nobody', '0000cafe-0000-4000-8000-00000000cafe');
    await this.command({
      kind: 'ask-correction',
      request: { requestId, processing: service, memberId: nobody, changes: { mobile: '19812345678' } },
    });
    const kind = this.secret('unknown kind', 'canarykind');
    const details = { canary: this.secret('unknown detail', 'canarydetail') };
    const member = {
      $case: 'customerNumber' as const,
      value: this.secret('number of nobody', 'canarynobody'),
    };
    const behaviour = { member, kind, occurred: this.secret('wrong time', 'canarytime'), details };
    await this.tried((services, options, callback) =>
      services.behaviour.recordBehaviour(
        { requestId, processing: behaviours, behaviour },
        this.traced(services, 'integrator'),
        options,
        callback,
      ),
    );
  }

  private async wrongQuestions(): Promise<void> {
    const purpose = this.secret('unknown purpose', 'canarypurpose');
    const fields = [this.secret('unknown field', 'canaryfield')];
    const by = { $case: 'mobile' as const, value: this.secret('mobile of nobody', '19877777777') };
    const asked = [
      ['management', ''],
      ['customer-service', ''],
      ['operator', this.secret('wrong instant', 'canaryinstant')],
    ] as const;
    for (const [role, asOf] of asked)
      await this.tried((services, options, callback) =>
        services.query.getMember(
          { by, purpose, fields, asOf, minPosition: '' },
          this.traced(services, role),
          options,
          callback,
        ),
      );
  }

  /** Calls that are none of ours, and ones by nobody. */
  private async wrongCalls(): Promise<void> {
    const strange: MethodDefinition<string, string> = {
      path: `/${this.secret('unknown service', 'canary.v1.CanaryService')}/Canary`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (text) => Buffer.from(text),
      requestDeserialize: (bytes) => bytes.toString(),
      responseSerialize: (text) => Buffer.from(text),
      responseDeserialize: (bytes) => bytes.toString(),
    };
    const bytes = this.secret('what is no message', 'canarymessage');
    const send =
      (path: string, metadata: (services: Services) => Metadata): Call<string> =>
      (services, options, callback) =>
        services.member.makeUnaryRequest(
          path,
          strange.requestSerialize,
          strange.responseDeserialize,
          bytes,
          metadata(services),
          options,
          (error, answer) => callback(error, answer ?? ''),
        );
    const register = '/lacuna.member.v1.MemberService/RegisterMember';
    const token = this.secret('wrong token', 'canarytoken.canarytoken.canarytoken');
    const forged = new Metadata();
    forged.set('authorization', `Bearer ${token}`);
    forged.set('traceparent', this.secret('what is no traceparent', 'canary-19812345678'));
    await this.tried(send(strange.path, (services) => this.traced(services, 'integrator')));
    await this.tried(send(register, (services) => this.traced(services, 'integrator')));
    await this.tried(send(register, () => forged));
  }

  private async wrongRequests(): Promise<void> {
    const path = this.secret('path', 'canarypath');
    const query = this.secret('query', 'canaryquery');
    const bodies = [
      JSON.stringify({ tenant: this.secret('tenant', 'canarytenant'), role: 'integrator' }),
      this.secret('body', '{"canarybody'),
    ];
    for (const http of this.http()) {
      await (await fetch(`http://${http}/${path}?name=${query}`)).text();
      await (
        await fetch(`http://${http}/metrics?member=${query}`, { headers: { 'user-agent': path } })
      ).text();
      for (const body of bodies)
        await (
          await fetch(`http://${http}/demo/token`, {
            method: 'POST',
            body,
            headers: { 'content-type': 'application/json' },
          })
        ).text();
    }
  }
}

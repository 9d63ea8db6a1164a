import type { Caller } from '@lacuna/application';
import type { Opened } from '@lacuna/custody';
import { LacunaError, type Sealed } from '@lacuna/domain/kernel';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { DirectoryMember, ViewQueries } from '@lacuna/projections';
import { realClock } from '@lacuna/runtime';
import { carClub } from '@lacuna/testing';
import type { QueryPorts } from '../query-api.ports.js';
import { GetMemberHandler } from './get-member.handler.js';
import { GetMember, type MemberRequest } from './get-member.query.js';

const MEMBER = '7b0f3c52-6f0e-4c1c-9a43-0a6d8b9f6b11';
const clerk: Caller = {
  tenant: 'car-club',
  actorId: 'clerk-17',
  role: 'customer-service',
  roles: ['customer-service'],
  client: 'crm',
};
const request: MemberRequest = {
  by: { $case: 'memberId', value: MEMBER },
  purpose: 'service',
  fields: ['name'],
  asOf: '',
  minPosition: 0n,
};

let pack: PolicyPack;
beforeAll(async () => {
  pack = await carClub();
});

const absent = (): Promise<never> => Promise.reject(new Error('not a part of this read'));

type World = Readonly<{
  opened?: Opened;
  recordRead?: () => Promise<bigint>;
  recordDenied?: () => Promise<bigint>;
}>;

/** The handler between ports that write down, in order, what it asked of them. */
const inWorld = ({ opened, recordRead, recordDenied }: World = {}) => {
  const steps: string[] = [];
  const noted =
    (step: string, work = () => Promise.resolve(9n)) =>
    () => {
      steps.push(step);
      return work();
    };
  const member: DirectoryMember = {
    memberId: MEMBER,
    status: 'live',
    registeredAt: '1998-07-01T00:00:00.000Z',
    validFrom: 1n,
    validTo: null,
    fields: { name: { sealed: 'name' }, mobile: { sealed: 'mobile' }, vin: { sealed: 'vin' } },
  };
  const views: Partial<ViewQueries> = {
    memberById: () => {
      steps.push('look');
      return Promise.resolve({ position: 9n, member });
    },
  };
  const ports: QueryPorts = {
    packs: new Map([['car-club', pack]]),
    custody: {
      lookup: absent,
      streamNames: absent,
      status: absent,
      counts: absent,
      rotations: absent,
      openScopes: absent,
      livingScopes: absent,
      openImports: absent,
      unseal: (_tenant: string, values: readonly Sealed[]) => {
        steps.push(`open ${values.map(({ sealed }) => sealed).join()}`);
        return Promise.resolve(
          values.map(({ sealed }) => opened ?? { kind: 'opened' as const, plaintext: `plain ${sealed}` }),
        );
      },
    },
    views: views as ViewQueries,
    recorder: {
      recordRead: noted('record', recordRead),
      recordDenied: noted('record denial', recordDenied),
      recordTrailRead: absent,
    },
    clock: realClock,
    server: { version: '', logCounts: absent, operation: absent },
  };
  const handler = new GetMemberHandler(ports);
  return { steps, read: (caller = clerk) => handler.execute(new GetMember(caller, request)) };
};

const down = (): Promise<never> => Promise.reject(new LacunaError('STORE_UNAVAILABLE'));

it('R055 looks, opens the one field that was asked for, records, and only then answers', async () => {
  const { steps, read } = inWorld();
  expect(await read()).toMatchObject({ fields: [{ name: 'name', value: 'plain name', masked: false }] });
  expect(steps).toEqual(['look', 'open name', 'record']);
});

it('I12 a read that cannot be recorded is not answered', async () => {
  await expect(inWorld({ recordRead: down }).read()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

it('R054 a refusal looks at nothing and opens nothing; one that cannot be recorded says so', async () => {
  const manager = { ...clerk, role: 'management', roles: ['management'] };
  const { steps, read } = inWorld();
  await expect(read(manager)).rejects.toMatchObject({ code: 'POLICY_DENIED' });
  expect(steps).toEqual(['record denial']);
  await expect(inWorld({ recordDenied: down }).read(manager)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
});

it('R050 a clerk who is also of the management reads nothing', async () => {
  const both = { ...clerk, roles: ['customer-service', 'management'] };
  await expect(inWorld().read(both)).rejects.toMatchObject({ code: 'POLICY_DENIED' });
});

it.each([
  ['erased', 'MEMBER_ERASED'],
  ['restricted', 'SUBJECT_RESTRICTED'],
  ['unknown', 'SEALED_VALUE_BROKEN'],
  ['corrupt', 'SEALED_VALUE_BROKEN'],
] as const)('a value that is %s is shown as nothing and recorded as no read', async (kind, code) => {
  const { steps, read } = inWorld({ opened: { kind } });
  await expect(read()).rejects.toMatchObject({ code });
  expect(steps).toEqual(['look', 'open name']);
});

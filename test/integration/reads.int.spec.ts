import { RegisterMember, RequestErasure } from '@lacuna/application';
import type { Sealed } from '@lacuna/domain/kernel';
import type { RecordedEvent } from '@lacuna/event-store';
import { callerAs, frameAs, openHouse, somebody, START, type House } from './house.js';

const code = (wanted: string): unknown => expect.objectContaining({ code: wanted });

describe('R055 every read leaves its event', () => {
  let house: House;

  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.drop());

  const register = async () =>
    (await house.run(new RegisterMember(frameAs('integrator'), somebody()))).memberId;

  const read = (memberId: string) => ({
    caller: callerAs('customer-service'),
    memberId,
    purpose: 'service',
    category: 'basic',
    fields: ['name', 'mobile'],
    action: 'read',
    rules: ['R048 000§4.1'],
    grants: [],
    asOf: null,
  });

  const denied = (memberId: string | null) => ({
    caller: callerAs('management'),
    memberId,
    purpose: 'service',
    fields: ['name', '13800138000'],
    action: 'read',
    reason: 'DENIED_BY_RULE',
    nearestMiss: null,
  });

  const since = async (position: bigint): Promise<readonly RecordedEvent[]> => {
    const events: RecordedEvent[] = [];
    for await (const batch of house.store.readAll(position)) events.push(...batch.events);
    return events;
  };

  const textOf = (events: readonly RecordedEvent[]) =>
    JSON.stringify(events, (_, value: unknown) => (typeof value === 'bigint' ? '' : value));

  it('shows who, why and what; whose it was is sealed, in a stream that names nobody', async () => {
    const memberId = await register();
    const before = await house.store.head();
    const position = await house.reads.recordRead(read(memberId));
    await house.reads.recordRead({ ...read(memberId), asOf: 12n });
    const events = await since(before);
    expect(events.map(({ type }) => type)).toEqual(['PersonalDataRead', 'PersonalDataRead']);
    expect(events[0]).toMatchObject({
      position,
      data: {
        purpose: 'service',
        category: 'basic',
        fields: ['name', 'mobile'],
        action: 'read',
        rules: ['R048 000§4.1'],
        grants: [],
        asOf: null,
      },
      metadata: { actor: { id: 'customer-service-1', role: 'customer-service' }, policy: 'car-club@1' },
    });
    expect(events[1]!.data['asOf']).toBe('12');
    expect(textOf(events)).not.toContain(memberId);
    expect(events[0]!.stream).toMatch(/^car-club\.reads-/);
    expect(events[1]!.stream).toBe(events[0]!.stream);
    const subject = events[0]!.data['subject'] as Sealed;
    expect(await house.custody.unseal('car-club', [subject])).toEqual([
      { kind: 'opened', plaintext: memberId },
    ]);
  });

  it('begins another stream for another person, and for another month', async () => {
    const [one, other] = [await register(), await register()];
    const before = await house.store.head();
    await house.reads.recordRead(read(one));
    await house.reads.recordRead(read(other));
    await house.clock.advanceTo('1998-08-15T00:00:00.000Z');
    await house.reads.recordRead(read(one));
    expect(START < house.clock.now()).toBe(true);
    const streams = (await since(before)).map(({ stream }) => stream);
    expect(new Set(streams).size).toBe(3);
  });

  it('a refusal shows too, with the pack’s words only; without a living subject in the tenant’s own month', async () => {
    const memberId = await register();
    const before = await house.store.head();
    await house.reads.recordDenied(denied(memberId));
    await house.reads.recordDenied(denied(null));
    await house.reads.recordDenied({
      ...denied('00000000-0000-4000-8000-000000000000'),
      purpose: '13800138000',
    });
    const events = await since(before);
    expect(events[0]!.stream).toMatch(/^car-club\.reads-/);
    expect(events[1]!.stream).toMatch(/^car-club\.access-1998-08$/);
    expect(events[0]!.data['fields']).toEqual(['name']);
    expect(events[2]!.data).toMatchObject({ purpose: null, action: 'read', reason: 'DENIED_BY_RULE' });
    expect(Object.keys(events[1]!.data)).not.toContain('subject');
    expect(textOf(events)).not.toContain('13800138000');
    expect(textOf(events)).not.toContain(memberId);
  });

  it('R077 nothing of an erased member is read, and the attempt shows', async () => {
    const memberId = await register();
    await house.reads.recordRead(read(memberId));
    await house.run(new RequestErasure(frameAs('integrator'), { memberId, reason: 'exit', categories: [] }));
    await expect(house.reads.recordRead(read(memberId))).rejects.toEqual(code('SUBJECT_RESTRICTED'));
    await house.reactor.settle();
    await expect(house.reads.recordRead(read(memberId))).rejects.toEqual(code('SUBJECT_ERASED'));
    const before = await house.store.head();
    await house.reads.recordDenied(denied(memberId));
    expect((await since(before))[0]!.stream).toMatch(/^car-club\.access-/);
  });

  it('a look into the trail is in the trail, without whom it was filtered by', async () => {
    const before = await house.store.head();
    await house.reads.recordTrailRead({
      caller: callerAs('compliance-officer'),
      from: '1998-07-01T00:00:00.000Z',
      to: null,
      byMember: true,
    });
    expect((await since(before))[0]).toMatchObject({
      type: 'AuditTrailRead',
      data: { filter: { from: '1998-07-01T00:00:00.000Z', to: null, byMember: true } },
      metadata: { actor: { id: 'compliance-officer-1' } },
    });
  });
});

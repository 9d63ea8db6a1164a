import type { StoredEvent } from '@lacuna/domain/catalogue';
import type { Sealed } from '@lacuna/domain/kernel';
import type { PolicyPack } from '@lacuna/domain/policy';
import {
  carClub,
  correctionRequested,
  erasureFinal,
  erasureRequested,
  infoCorrected,
  memberErased,
} from '@lacuna/testing';
import { workOf } from './work.js';

const sealed: Sealed = { sealed: 'x' };
const corrected = (field: 'mobile' | 'name') =>
  ({ ...infoCorrected(), data: { ...infoCorrected().data, changes: { [field]: sealed } } }) as StoredEvent;

const registered = {
  type: 'MemberRegistered',
  data: { memberId: '00000000-0000-4000-8000-000000000001', name: sealed, mobile: sealed },
} as const;

describe('what an event gives the reactor to do', () => {
  let pack: PolicyPack;

  beforeAll(async () => {
    pack = await carClub();
  });

  const kinds = (event: unknown) =>
    workOf(event as StoredEvent, 'car-club', pack).map(({ change, work }) => `${change} ${work.kind}`);

  it('R077 an erasure from its request to its last event', () => {
    expect(kinds(erasureRequested())).toEqual(['add erase']);
    expect(kinds(memberErased())).toEqual(['drop erase', 'add finalise']);
    expect(kinds(erasureFinal())).toEqual(['drop finalise']);
    const [, finalise] = workOf(memberErased(), 'car-club', pack);
    expect(finalise?.work.since).toBe(memberErased().data.destroyedAt);
  });

  it('keys for a new member, one piece of work for all of a tenant', () => {
    const work = workOf(registered, 'car-club', pack);
    const since = registered.data.memberId;
    expect(work).toEqual([{ change: 'add', work: { kind: 'keys', tenant: 'car-club', subject: '', since } }]);
    expect(workOf(registered, 'car-club', undefined)).toEqual([]);
  });

  it('the claims of a unique field that was corrected, and of no other', () => {
    expect(kinds(corrected('mobile'))).toEqual(['add claims']);
    expect(kinds(corrected('name'))).toEqual([]);
    expect(kinds(correctionRequested())).toEqual([]);
  });
});

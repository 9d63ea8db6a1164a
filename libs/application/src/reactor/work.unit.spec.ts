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

  it('the claims of a unique field that was corrected, and of no other', () => {
    expect(kinds(corrected('mobile'))).toEqual(['add claims']);
    expect(kinds(corrected('name'))).toEqual([]);
    expect(kinds(correctionRequested())).toEqual([]);
  });
});

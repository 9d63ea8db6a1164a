import type { PolicyPack } from '@lacuna/domain/policy';
import type { KeysRotated } from '@lacuna/domain/upkeep';
import { carClub } from '@lacuna/testing';
import { nextNight, nightsBetween } from './night.js';
import { unrecoverableSince } from './nightly-run.process.js';

const at = (day: number, hour = 0) => new Date(Date.UTC(1998, 6, day, hour)).toISOString();

describe('the nightly runs', () => {
  let packs: ReadonlyMap<string, PolicyPack>;

  beforeAll(async () => {
    packs = new Map([['car-club', await carClub()]]);
  });

  it('are at the pack’s hour in the pack’s zone, each one after the other', () => {
    expect(nextNight(packs, at(1))).toBe('1998-07-01T15:00:00.000Z');
    expect(nextNight(packs, '1998-07-01T15:00:00.000Z')).toBe('1998-07-02T15:00:00.000Z');
    expect(nextNight(new Map(), at(1))).toBeNull();
  });

  it('are the earliest of all organisations', async () => {
    const two = new Map([...packs, ['other-club', await carClub({ 'nightly.at': '04:00' })] as const]);
    expect(nextNight(two, at(1))).toBe('1998-07-01T15:00:00.000Z');
    expect(nextNight(two, '1998-07-01T15:00:00.000Z')).toBe('1998-07-01T20:00:00.000Z');
  });

  it('are counted as far as asked', () => {
    expect(nightsBetween(packs, at(1), at(4), 10)).toBe(3);
    expect(nightsBetween(packs, at(1), at(30), 4)).toBe(4);
    expect(nightsBetween(packs, at(1), at(1, 14), 4)).toBe(0);
    expect(nightsBetween(packs, at(1), at(1, 15), 4)).toBe(1);
  });
});

describe('when what was destroyed became unrecoverable', () => {
  const rotated = (keyClass: 'subject' | 'lookup', day: number, epoch: number): KeysRotated['data'] => ({
    keyClass,
    epoch,
    destroyedBefore: at(day, 15),
    unrecoverableAt: at(day, 16),
  });

  it('is the first rotation of the subject keys that covers it', () => {
    const newestFirst = [rotated('subject', 3, 4), rotated('subject', 2, 3), rotated('subject', 1, 2)];
    expect(unrecoverableSince(newestFirst, at(2))).toBe(at(2, 16));
    expect(unrecoverableSince(newestFirst, at(3, 15))).toBe(at(3, 16));
    expect(unrecoverableSince(newestFirst, at(3, 16))).toBeNull();
    expect(unrecoverableSince([], at(1))).toBeNull();
  });

  it('and not before the lookup keys, where theirs came later', () => {
    const lookupLate = { ...rotated('lookup', 2, 2), unrecoverableAt: at(2, 17) };
    expect(unrecoverableSince([lookupLate, rotated('subject', 2, 2)], at(2))).toBe(at(2, 17));
    expect(unrecoverableSince([lookupLate], at(2))).toBeNull();
  });
});

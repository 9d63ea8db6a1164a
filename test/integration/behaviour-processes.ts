import { codesOf, dayOf, handleIn, purchaseOf, record } from './behaviour-support.js';
import type { House, Instance } from './house.js';
import { local } from './night-support.js';

/** One person's day recorded by several processes at once: the same cases on every engine of the log. */
export const casesOfSeveralProcesses = (open: () => House, members: () => readonly string[]): void => {
  it('puts each of a person’s day into a stream of its own, without gaps, also from two processes at once', async () => {
    const [, , , memberId = ''] = members();
    const house = open();
    const twin = await house.instance();
    const day = '1998-04-04';
    const batch = (from: Pick<Instance, 'run'>, count: number) =>
      record(from, ...Array.from({ length: count }, () => purchaseOf(memberId, { occurred: day })));
    const answers = (
      await Promise.all([batch(house, 9), batch(twin, 9), batch(house, 5), batch(twin, 5)])
    ).flat();
    expect(codesOf(answers)).toEqual(Array(28).fill('recorded'));
    expect(new Set(answers.map(handleIn)).size).toBe(28);
    const standing = await dayOf(house, memberId, day);
    expect(standing).toHaveLength(28);
    expect(standing.every(({ event }) => event.revision === 0n)).toBe(true);
    // As many as a request can hold wait for each other instead of racing for one place.
    const many = purchaseOf(memberId, { occurred: '1998-04-05' });
    const crowd = Array.from({ length: 60 }, (_, index) => ({ ...many, recordId: `crowd-${String(index)}` }));
    expect(codesOf(await record(house, ...crowd))).toEqual(Array(60).fill('recorded'));
    expect(await dayOf(house, memberId, '1998-04-05')).toHaveLength(60);
    // A process that has seen none of it finds the end, too.
    const fresh = await house.instance();
    await batch(fresh, 1);
    expect(await dayOf(house, memberId, day)).toHaveLength(29);
  });

  it('gives a retry the first answer: at once, later, in other company, from another process', async () => {
    const [, , , , memberId = ''] = members();
    const house = open();
    const twin = await house.instance();
    const day = '1998-03-03';
    const one = purchaseOf(memberId, { occurred: day });
    const other = purchaseOf(memberId, { occurred: day });
    const firsts = await Promise.all([record(house, one), record(twin, one), record(house, other, one, one)]);
    const handles = firsts.flatMap((answers, index) => (index === 2 ? answers.slice(1) : answers));
    expect(new Set(handles.map(handleIn)).size).toBe(1);
    await house.clock.advanceTo(local('1998-07-01T12:00'));
    const [again] = await record(twin, one);
    expect(handleIn(again)).toBe(handleIn(handles[0]));
    expect(await dayOf(house, memberId, day)).toHaveLength(2);
  });
};

import { setTimeout as pause } from 'node:timers/promises';
import { createReactor, RegisterMember, RequestErasure } from '@lacuna/application';
import type { StoreClock } from '@lacuna/runtime';
import { ReactorLoop } from '../../apps/reactor/src/index.js';
import { frameAs, memberStreamOf, openHouse, somebody, typesOf, type House } from './house.js';

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  const end = Date.now() + 15_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come to pass');
    await pause(20);
  }
};

describe('the loop that keeps a store settled', () => {
  let house: House;
  const ends: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    house = await openHouse({ from: null });
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    await house.drop();
  });

  const started = (loop: ReactorLoop): Readonly<{ stop: () => Promise<void> }> => {
    const stopping = new AbortController();
    const running = loop.run(stopping.signal);
    const stop = (): Promise<void> => {
      stopping.abort();
      return running;
    };
    ends.push(stop);
    return { stop };
  };

  const erased = async (memberId: string) =>
    (await typesOf(house, memberStreamOf(memberId))).includes('MemberErased');

  const eraseSomebody = async (): Promise<string> => {
    const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), somebody()));
    await house.run(new RequestErasure(frameAs('integrator'), { memberId, reason: 'exit', categories: [] }));
    return memberId;
  };

  it('R077 erases as soon as it is asked for, and at the start what was asked for while it was off', async () => {
    const before = await eraseSomebody();
    const loop = started(new ReactorLoop({ reactor: house.reactor, ports: house.ports, restMs: 600_000 }));
    await until(() => erased(before));
    const meanwhile = await eraseSomebody();
    await until(() => erased(meanwhile));
    await loop.stop();
    const after = await eraseSomebody();
    await pause(200);
    expect(await erased(after)).toBe(false);
  });

  it('wakes when something falls due, and again after a failure', async () => {
    // A night one second from now: the store's day is made to begin 23 hours before it.
    let failed = false;
    const start = Date.now();
    const night = Date.parse('1998-07-01T15:00:00.000Z');
    const clock: StoreClock = {
      kind: 'real',
      bornAt: new Date(night - 10_000).toISOString(),
      now: () => new Date(night - 1_000 + Date.now() - start).toISOString(),
      advanceTo: () => Promise.reject(new Error('real')),
      refresh: () => Promise.resolve(),
    };
    const custody = new Proxy(house.custody, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name !== 'rotate' || failed) return (member as () => unknown).bind(target);
        return () => {
          failed = true;
          return Promise.reject(new Error('out'));
        };
      },
    });
    const ports = { ...house.ports, clock, custody };
    const reactor = createReactor({ ...house.parts, clock, ports });
    const troubles: string[] = [];
    started(
      new ReactorLoop({
        reactor,
        ports,
        restMs: 600_000,
        retryMs: 50,
        onTrouble: (code, what) => troubles.push(`${what}: ${code}`),
      }),
    );
    await until(async () => (await typesOf(house, 'system.custody-keys')).includes('NightlyRunCompleted'));
    expect(troubles).toEqual(['nightly-run: INTERNAL']);
  });
});

import { standstillCheck } from './standstill.js';

const consumer = () => {
  const is = { position: 0n as bigint | null, head: 0n, works: 0, now: 0 };
  const check = standstillCheck({
    position: () => Promise.resolve(is.position),
    head: () => Promise.resolve(is.head),
    works: () => is.works,
    limitMs: 15_000,
    now: () => is.now,
  });
  const after = async (seconds: number, change: Partial<typeof is> = {}) => {
    Object.assign(is, change);
    is.now += seconds * 1_000;
    return (await check()).state;
  };
  return { after, check };
};

it('a consumer that does not move while events arrive is not serving, and is again as soon as it moves', async () => {
  const { after, check } = consumer();
  expect(await after(0, { position: 5n, head: 5n })).toBe('serving');
  expect(await after(10, { head: 6n })).toBe('serving');
  expect(await after(10)).toBe('serving');
  expect(await after(10)).toBe('not-serving');
  expect((await check()).reason).toBe('stands still for 20 s while events arrive');
  expect(await after(1, { position: 6n })).toBe('serving');
});

it('nothing to do, slow, busy with one thing, or standing by is not still', async () => {
  const idle = consumer();
  for (let n = 0; n < 10; n++) expect(await idle.after(60, { position: 5n, head: 5n })).toBe('serving');
  // Asked seldom: what has just arrived was not there at the probe before.
  expect(await idle.after(600, { head: 6n })).toBe('serving');
  const slow = consumer();
  for (let n = 0n; n < 10n; n++)
    expect(await slow.after(60, { position: n, head: n + 1_000n })).toBe('serving');
  const busy = consumer();
  for (let n = 0; n < 10; n++)
    expect(await busy.after(60, { position: 1n, head: 9n, works: n })).toBe('serving');
  const standby = consumer();
  for (let n = 0; n < 10; n++) expect(await standby.after(60, { position: null, head: 9n })).toBe('serving');
});

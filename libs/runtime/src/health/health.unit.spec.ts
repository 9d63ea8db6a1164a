import { HealthRegistry } from '@lacuna/runtime';

it('is ready while every part serves', async () => {
  const health = new HealthRegistry();
  expect(await health.isReady()).toBe(true);
  health.register('log', () => Promise.resolve({ state: 'serving' }));
  expect(await health.isReady()).toBe(true);
  health.register('custody', () => Promise.resolve({ state: 'not-serving', reason: 'key file unreadable' }));
  expect(await health.isReady()).toBe(false);
  expect(await health.report()).toEqual([
    { name: 'log', state: 'serving' },
    { name: 'custody', state: 'not-serving', reason: 'key file unreadable' },
  ]);
});

it('is not ready while draining, and takes a failing or silent check for a part that does not serve', async () => {
  const health = new HealthRegistry();
  health.register('failing', () => Promise.reject(new Error('canary')));
  health.register('silent', () => new Promise(() => undefined));
  health.drain();
  expect(await health.report()).toEqual([
    { name: 'process', state: 'not-serving', reason: 'draining' },
    { name: 'failing', state: 'not-serving', reason: 'the check failed' },
    { name: 'silent', state: 'not-serving', reason: 'no answer in 2 s' },
  ]);
});

it('A11 asks a part that does not answer once, however many probes come', async () => {
  const health = new HealthRegistry();
  const answers: (() => void)[] = [];
  health.register('frozen', () => new Promise((answer) => answers.push(() => answer({ state: 'serving' }))));
  await Promise.all([health.report(), health.report(), health.report()]);
  expect([answers.length, await health.isReady()]).toEqual([1, false]);
  answers[0]?.();
  await new Promise(setImmediate);
  const thawed = health.isReady();
  answers[1]?.();
  expect([await thawed, answers.length]).toEqual([true, 2]);
});

it('refuses two checks of one name', () => {
  const health = new HealthRegistry();
  health.register('log', () => Promise.resolve({ state: 'serving' }));
  expect(() => health.register('log', () => Promise.resolve({ state: 'serving' }))).toThrow(/there already/);
});

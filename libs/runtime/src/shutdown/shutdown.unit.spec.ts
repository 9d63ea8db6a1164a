import { loggerOn, Shutdown, silentLogger } from '@lacuna/runtime';

it('stops what was started last first, once', async () => {
  const order: string[] = [];
  const shutdown = new Shutdown(silentLogger);
  for (const name of ['database', 'projector', 'server'])
    shutdown.add({ name, stop: () => void order.push(name) });
  expect(await Promise.all([shutdown.run('test'), shutdown.run('test')])).toEqual([true, true]);
  expect(order).toEqual(['server', 'projector', 'database']);
});

it('reaches the database although a part before it fails, and another never ends', async () => {
  const order: string[] = [];
  const lines: string[] = [];
  const shutdown = new Shutdown(loggerOn({ write: (line: string) => void lines.push(line) }));
  shutdown.add({ name: 'database', stop: () => void order.push('database') });
  shutdown.add({ name: 'hanging', stop: () => new Promise(() => undefined), limitMs: 10 });
  shutdown.add({ name: 'failing', stop: () => Promise.reject(new Error('no')) });
  expect(await shutdown.run('test')).toBe(false);
  expect(order).toEqual(['database']);
  expect(
    lines
      .filter((line) => line.includes('"part"'))
      .map((line) => (JSON.parse(line) as { part: string }).part),
  ).toEqual(['failing', 'hanging']);
});

import { Turns } from './turns.js';

describe('taking turns', () => {
  it('under one name one after the other, in the order they came, also after one that failed', async () => {
    const turns = new Turns();
    const gate = Promise.withResolvers<undefined>();
    const order: string[] = [];
    const act =
      (name: string, wait: Promise<unknown> = Promise.resolve()) =>
      async () => {
        order.push(`${name} begins`);
        await wait;
        order.push(`${name} ends`);
        return name;
      };
    const failing = turns.take('a', async () => {
      await act('first', gate.promise)();
      throw new Error('out');
    });
    const second = turns.take('a', act('second'));
    await expect(turns.take('b', act('other'))).resolves.toBe('other');
    gate.resolve(undefined);
    await expect(failing).rejects.toThrow('out');
    await expect(second).resolves.toBe('second');
    expect(order.filter((one) => !one.startsWith('other'))).toEqual([
      'first begins',
      'first ends',
      'second begins',
      'second ends',
    ]);
  });
});

import fc from 'fast-check';
import { memoryInbox, type Mark } from './inbox.js';

const mark = (key: string, sequence: number | null, id = `${key}-${sequence ?? 'none'}`): Mark => ({
  tenant: 'car-club',
  context: 'member',
  key,
  sequence: sequence === null ? null : String(sequence).padStart(20, '0'),
  id,
});

const ran = async (inbox: ReturnType<typeof memoryInbox>, marks: readonly Mark[]): Promise<string[]> => {
  const effects: string[] = [];
  for (const one of marks)
    await inbox.once(one, () => {
      effects.push(one.id);
      return Promise.resolve();
    });
  return effects;
};

it('C07 gives each record once, in its order, however often any run of them comes again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30 }),
      fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 10 }),
      async (length, repeats) => {
        const log = Array.from({ length }, (_, at) => (at % 3 === 0 ? mark(`r${at}`, null) : mark('a', at)));
        // What a crash sends again is a run that ended somewhere before: never a record before those it follows.
        const delivered = [...log];
        for (const [from, to] of repeats) {
          const place = Math.min(to, delivered.length);
          delivered.splice(place, 0, ...delivered.slice(Math.min(from, place), place));
        }
        expect(await ran(memoryInbox(), delivered)).toEqual(log.map(({ id }) => id));
      },
    ),
  );
});

it('tells keys, contexts and tenants apart', async () => {
  const one = mark('a', 5);
  const others = [
    { ...one, tenant: 'other-club', id: 'b' },
    { ...one, context: 'activity', id: 'c' },
    { ...one, key: 'b', id: 'd' },
  ];
  expect(await ran(memoryInbox(), [one, ...others])).toHaveLength(4);
});

it('remembers nothing of an effect that failed', async () => {
  const inbox = memoryInbox();
  for (const one of [mark('a', 1), mark('r', null)]) {
    await expect(inbox.once(one, () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await ran(inbox, [one, one])).toEqual([one.id]);
  }
});

it('keeps the latest of the records that stand alone, and no more', async () => {
  const inbox = memoryInbox(2);
  const [a, b, c] = ['a', 'b', 'c'].map((key) => mark(key, null));
  expect(await ran(inbox, [a!, b!, c!, b!, c!, a!])).toEqual([a!, b!, c!, a!].map(({ id }) => id));
});

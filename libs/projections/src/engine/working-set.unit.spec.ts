import { hasCode } from '@lacuna/domain/kernel';
import { closePart, insert, update } from './operation.js';
import { table } from './table.js';
import { applyOperations, changesOf, groupsToLoad, workingSet } from './working-set.js';

const days = table(
  'entry',
  { tenant: 'text', day: 'text', name: 'text' },
  { key: ['tenant', 'day', 'name'], part: ['tenant', 'day'] },
);
const growing = table('growing', { tenant: 'text', name: 'text' }, { key: ['tenant', 'name'] });
const [tenant, day] = ['car-club', '1998-01-02'];
const entry = (name: string, on = day) => insert(days, { tenant, day: on, name });
const close = closePart(days, { tenant, day });

const codeOf = (call: () => unknown): string => {
  try {
    call();
    return 'none';
  } catch (error) {
    return hasCode(error, 'TABLE_INVALID') ? 'TABLE_INVALID' : 'another';
  }
};

describe('parts in a working set', () => {
  it('ask the database only which parts are closed, each once', () => {
    const wanted = groupsToLoad([entry('a'), entry('b'), close, entry('c', '1998-01-03')]);
    expect([...wanted.keys()]).toEqual([days.closed]);
    expect(wanted.get(days.closed!)).toHaveLength(2);
  });

  it('leave the rows of one part together, and name the parts that they belong to', () => {
    const set = workingSet();
    applyOperations(set, [entry('a'), entry('b', '1998-01-03'), entry('c')], 1n);
    const [changes] = changesOf(set);
    expect(changes?.added.map(({ name }) => name)).toEqual(['a', 'c', 'b']);
    expect(changes?.grownParts.map((part) => part['day'])).toEqual([day, '1998-01-03']);
    expect(changes?.droppedParts).toEqual([]);
  });

  it('write no row of a part that is dropped in the same batch, before or after', () => {
    const set = workingSet();
    applyOperations(set, [entry('before')], 1n);
    applyOperations(set, [entry('within'), close], 2n);
    applyOperations(set, [entry('after')], 3n);
    const [closed, parts] = changesOf(set);
    expect(closed).toMatchObject({ table: days.closed, added: [{ tenant, day }] });
    expect(parts).toMatchObject({ table: days, added: [], grownParts: [], droppedParts: [{ tenant, day }] });
  });

  it('keep nothing for a part that was closed before, and close it once', () => {
    const set = workingSet(new Map([[days.closed!, [{ tenant, day }]]]));
    applyOperations(set, [entry('late'), close], 9n);
    const written = changesOf(set).flatMap(({ added, changed, grownParts }) => [added, changed, grownParts]);
    expect(written.flat()).toEqual([]);
  });

  it('refuse what such a table cannot do', () => {
    const set = workingSet();
    expect(codeOf(() => applyOperations(set, [update(days, { tenant, day }, { name: 'x' })], 1n))).toBe(
      'TABLE_INVALID',
    );
    expect(codeOf(() => applyOperations(set, [closePart(growing, { tenant })], 1n))).toBe('TABLE_INVALID');
    expect(changesOf(set)).toEqual([]);
    const columns = { tenant: 'text', day: 'text', at: 'bigint' } as const;
    expect(codeOf(() => table('t', columns, { key: ['tenant', 'day'], part: ['day'] }))).toBe(
      'TABLE_INVALID',
    );
    expect(codeOf(() => table('t', columns, { key: ['at', 'day'], part: ['at'] }))).toBe('TABLE_INVALID');
    expect(codeOf(() => table('t', columns, { key: ['day'], part: ['day'], group: ['day'] }))).toBe(
      'TABLE_INVALID',
    );
  });
});

import { catalogue } from '@lacuna/domain/catalogue';
import { allProjections, readLogged } from './views.js';
import { recordedLog, registered } from '@lacuna/testing';
import { troubleCode } from '@lacuna/runtime';

const codeOf = (call: () => unknown): string => {
  try {
    call();
    return 'none';
  } catch (error) {
    return troubleCode(error);
  }
};

describe('the views together', () => {
  const types = [...new Set(catalogue.entries.map(({ type }) => type))].sort();

  it.each(allProjections)(
    '$name says of every event of the catalogue what it does, and of no other',
    (view) => {
      expect([...view.types].sort()).toEqual(types);
    },
  );

  it('refuse an event that they do not know instead of skipping it', () => {
    const [event] = recordedLog([registered()]);
    const stranger = readLogged({ ...event!, type: 'MemberBeamedUp' });
    const newer = readLogged({ ...event!, schemaVersion: 99 });
    for (const view of allProjections) {
      for (const one of [stranger, newer]) expect(codeOf(() => view.operations(one))).toBe('EVENT_UNKNOWN');
    }
  });
});

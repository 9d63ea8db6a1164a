import type { PolicyPack } from '@lacuna/domain/policy';
import { carClub } from '@lacuna/testing';
import type { Ports } from '../ports.js';
import type { DeadlineView, OpenDeadline } from './deadlines.port.js';
import { dueDeadlines, nextDeadline } from './due.js';

const at = (hour: number, ms = 0) => new Date(Date.UTC(1998, 6, 1, hour, 0, 0, ms)).toISOString();

const correction = (id: string, hour: number): OpenDeadline => ({
  deadlineId: id,
  kind: 'correction',
  subjectId: id,
  anchor: at(hour),
  rule: 'correction',
  correctionId: id,
});

const identity: OpenDeadline = {
  deadlineId: 'identity',
  kind: 'identity-retention',
  subjectId: 'i',
  anchor: at(0),
  rule: 'real-name',
  correctionId: null,
};

const viewOf = (...open: readonly OpenDeadline[]): DeadlineView => ({
  open: (_tenant, kind, limit) =>
    Promise.resolve(
      open
        .filter((one) => one.kind === kind)
        .toSorted((one, other) => (one.anchor < other.anchor ? -1 : 1))
        .slice(0, limit),
    ),
  passed: () => Promise.resolve(),
});

describe('what falls due', () => {
  let ports: Ports;

  beforeAll(async () => {
    const packs: ReadonlyMap<string, PolicyPack> = new Map([['car-club', await carClub()]]);
    ports = { packs } as Ports;
  });

  it('R072 is a correction one millisecond past its last moment, and the earliest first', async () => {
    const view = viewOf(correction('second', 2), correction('first', 1), identity);
    expect(await dueDeadlines(ports, view, at(26))).toMatchObject([{ deadlineId: 'first', dueAt: at(25) }]);
    const both = await dueDeadlines(ports, view, at(26, 1));
    expect(both.map(({ deadlineId }) => deadlineId)).toEqual(['first', 'second']);
    expect(await dueDeadlines(ports, view, at(25))).toEqual([]);
  });

  it('R042 is an activity at its planned end, and its sign-ups at the midnight that ends three months after it', async () => {
    const activity = (kind: 'activity-end' | 'activity-retention'): OpenDeadline => ({
      deadlineId: kind,
      kind,
      subjectId: 'a',
      anchor: '1998-08-30T10:00:00.000Z', // 18:00 in Shanghai
      rule: 'activity',
      correctionId: null,
    });
    const view = viewOf(activity('activity-end'), activity('activity-retention'));
    expect(await dueDeadlines(ports, view, '1998-08-30T09:59:59.999Z')).toEqual([]);
    expect(await dueDeadlines(ports, view, '1998-08-30T10:00:00.000Z')).toMatchObject([
      { kind: 'activity-end', dueAt: '1998-08-30T10:00:00.000Z' },
    ]);
    expect(await nextDeadline(ports, view, '1998-08-30T10:00:00.000Z')).toBe('1998-11-30T16:00:00.000Z');
  });

  it('next is what fires after an instant, of every kind; one that is stuck hides nothing', async () => {
    const view = viewOf(correction('stuck', 1), correction('next', 3), identity);
    expect(await nextDeadline(ports, view, at(0))).toBe(at(25, 1));
    expect(await nextDeadline(ports, view, at(25, 1))).toBe(at(27, 1));
    expect(await nextDeadline(ports, view, at(27, 1))).toBe('2003-07-01T16:00:00.000Z');
    expect(await nextDeadline(ports, viewOf(), at(0))).toBeNull();
  });
});

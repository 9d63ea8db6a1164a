import * as fc from 'fast-check';
import { carClub, commandContext, correctedBody, id, instantOf, recordedBody } from '@lacuna/testing';
import { kindsOf, type PolicyPack } from '@lacuna/domain/policy';
import {
  behaviourHandle,
  correctBehaviour,
  dayEntries,
  dayOfHandle,
  readOccurred,
  recordBehaviour,
  type BehaviourEntry,
  type DetailTexts,
  type Form,
} from './index.js';

let pack: PolicyPack;
let forms: ReadonlyMap<string, Form>;
beforeAll(async () => {
  pack = await carClub();
  forms = kindsOf(pack, 'behaviour');
});

const NOW = instantOf('1998-07-01T09:00+08:00');
const ZONE = 'Asia/Shanghai';

const record = (change: Partial<Parameters<typeof recordBehaviour>[0]> = {}) =>
  recordBehaviour({
    kind: 'purchase',
    form: forms.get('purchase') ?? null,
    occurred: '1998-03-04',
    now: NOW,
    zone: ZONE,
    context: commandContext(),
    details: { units: '2', amount: '11.77' },
    ...change,
  });

describe('R001 R013 recording', () => {
  it('seals kind, measures, exact time, actor, channel, purposes and basis into the body, under its day', () => {
    expect(record({ occurred: '1998-03-04T10:30+08:00' })).toEqual({
      kind: 'accepted',
      day: '1998-03-04',
      body: {
        what: 'recorded',
        kind: 'purchase',
        occurred: '1998-03-04T02:30:00.000Z',
        details: { units: 2, amount: 1177, texts: {} },
        frame: {
          actor: { id: 'agent-1', role: 'customer-service' },
          at: NOW,
          processing: commandContext().processing,
        },
      },
    });
  });

  it('refuses a kind that the pack does not have', () => {
    expect(record({ kind: 'gossip', form: null })).toMatchObject({ refusal: { code: 'KIND_UNKNOWN' } });
  });

  it('refuses what does not say how it was collected, and what the form does not ask for, all at once', () => {
    const context = commandContext();
    const processing = { ...context.processing, provenance: '', purposes: [] };
    const decision = record({ context: { ...context, processing }, details: { units: '2', salary: '9' } });
    expect(decision).toEqual({
      kind: 'refused',
      refusal: {
        code: 'FIELD_INVALID',
        violations: [
          { field: 'processing.provenance', rule: 'required' },
          { field: 'processing.purposes', rule: 'required' },
          { field: 'details', rule: 'unlisted' },
          { field: 'amount', rule: 'required' },
        ],
      },
    });
  });
});

describe('the day of what was done', () => {
  const day = (occurred: string, now = NOW, zone = ZONE): string => {
    const read = readOccurred(occurred, now, zone);
    return read.kind === 'ok' ? read.day : read.code;
  };

  it.each([
    ['1998-06-30T23:59:59.999+08:00', '1998-06-30'],
    ['1998-06-30T16:00:00Z', '1998-07-01'],
    ['1998-06-30T15:59:59.999Z', '1998-06-30'],
    ['1998-06-30T12:00-05:00', '1998-07-01'],
    ['1998-07-01', '1998-07-01'],
    ['1996-02-29', '1996-02-29'],
    ['1998-07-01T01:00:60Z', 'OCCURRED_INVALID'],
  ])('is the local one: %s', (occurred, expected) => {
    expect(day(occurred)).toBe(expected);
  });

  it('a future time is refused, beyond the minute by which another clock may be ahead', () => {
    expect(day('1998-07-01T09:01:00.000+08:00')).toBe('1998-07-01');
    expect(day('1998-07-01T09:01:00.001+08:00')).toBe('OCCURRED_IN_FUTURE');
    expect(day('1998-07-02')).toBe('OCCURRED_IN_FUTURE');
    expect(day('2098-07-02T00:00:00Z')).toBe('OCCURRED_IN_FUTURE');
  });

  it('is the same whenever it is sent again: what is dated tomorrow waits for tomorrow', () => {
    const midnight = instantOf('1998-07-01T23:59:30+08:00');
    expect(day('1998-07-01T23:59:59.999+08:00', midnight)).toBe('1998-07-01');
    expect(day('1998-07-02T00:00:20+08:00', midnight)).toBe('OCCURRED_IN_FUTURE');
    expect(day('1998-07-02', midnight)).toBe('OCCURRED_IN_FUTURE');
    const after = instantOf('1998-07-02T00:00:00+08:00');
    expect(day('1998-07-02T00:00:20+08:00', after)).toBe('1998-07-02');
    expect(day('1998-07-02', after)).toBe('1998-07-02');
  });

  it('goes by the zone, on the days of 23 and of 25 hours as well', () => {
    const now = '2026-12-01T00:00:00.000Z';
    expect(day('2026-03-29T00:59:59Z', now, 'Europe/Berlin')).toBe('2026-03-29');
    expect(day('2026-03-29T21:59:59.999Z', now, 'Europe/Berlin')).toBe('2026-03-29');
    expect(day('2026-03-29T22:00:00Z', now, 'Europe/Berlin')).toBe('2026-03-30');
    expect(day('2026-10-25T22:59:59.999Z', now, 'Europe/Berlin')).toBe('2026-10-25');
    expect(day('2026-10-25T23:00:00Z', now, 'Europe/Berlin')).toBe('2026-10-26');
  });

  it.each([
    ...['', 'yesterday', '1998-7-1', '1998-02-29', '1998-02-30T10:00:00Z', '1998-07-01T09:00', '19980701'],
    ...[
      '1998-07-01T24:00:00Z',
      '1998-07-01 09:00:00Z',
      '1998-07-01T09:00:00+25:00',
      '1799-12-31',
      '+01998-07-01',
    ],
    ...['１９９８-07-01', '1998-07-01T09:00:00.Z', '1998-07-01T09Z'],
  ])('refuses what is no time (%j)', (occurred) => {
    expect(day(occurred)).toBe('OCCURRED_INVALID');
  });
});

const handle = (n: number): string => behaviourHandle('1998-03-04', id(n));

describe('a person’s day', () => {
  it('is what was done, each with its last correction, in the order it was recorded', () => {
    const details = { units: 3, amount: 900, texts: {} };
    const entries = dayEntries([
      { behaviourId: handle(1), body: recordedBody() },
      { behaviourId: handle(2), body: recordedBody({ kind: 'service-need' }) },
      { behaviourId: handle(3), body: correctedBody(handle(1), { details: { ...details, units: 7 } }) },
      { behaviourId: handle(4), body: correctedBody(handle(1), { details }) },
    ]);
    expect(entries).toEqual([
      {
        ...{ behaviourId: handle(1), day: '1998-03-04', kind: 'purchase', occurred: '1998-03-04' },
        ...{ details, corrected: true },
      },
      expect.objectContaining({ behaviourId: handle(2), kind: 'service-need', corrected: false }),
    ]);
  });

  it('a correction of nothing changes nothing', () => {
    expect(dayEntries([{ behaviourId: handle(3), body: correctedBody(handle(1)) }])).toEqual([]);
  });

  it('knows the day of a handle, and what is none', () => {
    expect(dayOfHandle(handle(1))).toBe('1998-03-04');
    for (const odd of ['', id(1), `1998-03-04.${id(1)}x`, `1998-03-04${id(1)}`, `x1998-03-04.${id(1)}`])
      expect(dayOfHandle(odd)).toBeNull();
  });
});

describe('correcting', () => {
  const entries = (): readonly BehaviourEntry[] =>
    dayEntries([{ behaviourId: handle(1), body: recordedBody() }]);
  const correct = (details: DetailTexts, among = entries(), behaviourId = handle(1)) =>
    correctBehaviour({
      ...{ entries: among, behaviourId, forms, details },
      ...{ now: NOW, context: commandContext() },
    });

  it('stands under the day of what it corrects, and says what changes in the sums', () => {
    expect(correct({ units: '1', amount: '20' })).toMatchObject({
      kind: 'accepted',
      day: '1998-03-04',
      body: {
        what: 'corrected',
        of: handle(1),
        kind: 'purchase',
        details: { units: 1, amount: 2000, texts: {} },
      },
      difference: { kind: 'purchase', units: -1, amount: 823 },
    });
  });

  it('refuses what is not there: another’s, one that is gone, a correction itself', () => {
    const code = (behaviourId: string) => correct({ units: '1', amount: '1' }, entries(), behaviourId);
    for (const other of [handle(2), '', 'constructor'])
      expect(code(other)).toMatchObject({ kind: 'refused', refusal: { code: 'BEHAVIOUR_NOT_FOUND' } });
  });

  it('refuses details that the kind’s form does not have, and a kind that the pack has no more', () => {
    expect(correct({ units: '1' })).toMatchObject({
      refusal: { code: 'FIELD_INVALID', violations: [{ field: 'amount', rule: 'required' }] },
    });
    const gone = dayEntries([{ behaviourId: handle(1), body: recordedBody({ kind: 'lottery' }) }]);
    expect(correct({}, gone)).toMatchObject({ refusal: { code: 'KIND_UNKNOWN' } });
  });

  it('the differences of any corrections add up to what stands at last', () => {
    const measure = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(measure, measure), { minLength: 1 }), (corrections) => {
        let opened = [{ behaviourId: handle(1), body: recordedBody() }];
        const sum = { units: 2, amount: 1177 };
        corrections.forEach(([units, cents], index) => {
          const text = { units: String(units), amount: (cents / 100).toFixed(2) };
          const decision = correct(text, dayEntries(opened));
          if (decision.kind === 'refused') throw new Error(decision.refusal.code);
          sum.units += decision.difference.units;
          sum.amount += decision.difference.amount;
          opened = [...opened, { behaviourId: handle(index + 2), body: decision.body }];
        });
        expect(dayEntries(opened)).toMatchObject([{ details: sum }]);
        const [units, amount] = corrections.at(-1) ?? [];
        expect(sum).toEqual({ units, amount });
      }),
    );
  });
});

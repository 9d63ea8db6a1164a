import type { RecordedEvent } from '@lacuna/event-store';
import { holds, valueOf } from './claimed-fields.js';

const sealed = { sealed: 'x' };
const event = (id: string, type: string, data: Readonly<Record<string, unknown>>) =>
  ({ id, type, data }) as RecordedEvent;

const registered = event('1', 'MemberRegistered', { memberId: 'm', name: sealed, mobile: sealed });
const asked = event('2', 'CorrectionRequested', { changes: { mobile: sealed } });
const corrected = event('3', 'InfoCorrected', { changes: { mobile: sealed } });
const renamed = event('4', 'InfoCorrected', { changes: { name: sealed } });

describe('a claim holds while its event is the last that set the field', () => {
  it('by registration until a correction of that field', () => {
    const claim = { kind: 'mobile', eventId: '1' };
    expect(holds([registered], claim)).toBe(true);
    expect(holds([registered, asked, renamed], claim)).toBe(true);
    expect(holds([registered, asked, corrected, renamed], claim)).toBe(false);
    expect(holds([registered, asked, corrected], { kind: 'mobile', eventId: '3' })).toBe(true);
  });

  it('never by an event that does not set it, or that is not there', () => {
    expect(holds([registered], { kind: 'customerNumber', eventId: '1' })).toBe(false);
    expect(holds([registered, asked], { kind: 'mobile', eventId: '2' })).toBe(false);
    expect(holds([], { kind: 'mobile', eventId: '1' })).toBe(false);
  });

  it('a participant’s by its own event, whoever has signed up since', () => {
    const signedUp = (id: string) => event(id, 'ParticipantSignedUp', { participantId: `p${id}` });
    const events = [signedUp('6'), signedUp('7')];
    expect(holds(events, { kind: 'participant', eventId: '6' })).toBe(true);
    expect(holds(events, { kind: 'participant', eventId: '8' })).toBe(false);
  });

  it('finds the sealed value where the event has it', () => {
    expect(valueOf(corrected, 'mobile')).toBe(sealed);
    expect(valueOf(event('5', 'RealNameVerified', { idNumber: sealed }), 'idNumber')).toBe(sealed);
    expect(valueOf(asked, 'mobile')).toBeUndefined();
  });
});

import type { IntegrationEvent } from '@lacuna/domain/integration';
import { carClub } from '@lacuna/testing';
import { withheldBy } from './withheld.js';

const reference = (day: string, more: Partial<IntegrationEvent> = {}): IntegrationEvent =>
  ({ context: 'behaviour', tenant: 'car-club', data: { day }, ...more }) as IntegrationEvent;

let now = '';
const withheld = async (): Promise<(event: IntegrationEvent) => boolean> =>
  withheldBy({ clock: { now: () => now }, packs: new Map([['car-club', await carClub()]]) });

it('R041 keeps back a reference to a day as soon as the next nightly run is the one that makes it unlinkable', async () => {
  const isWithheld = await withheld();
  const days = ['1997-12-29', '1997-12-30', '1997-12-31', '1998-01-01'].map((day) => reference(day));
  // Six months after either of the last two days of December is 30 June; the run is at 23:00 local time.
  now = '1998-06-29T14:59:00.000Z';
  expect(days.map(isWithheld)).toEqual([true, false, false, false]);
  now = '1998-06-29T15:00:00.000Z';
  expect(days.map(isWithheld)).toEqual([true, true, true, false]);
  now = '1998-06-30T15:00:00.000Z';
  expect(days.map(isWithheld)).toEqual([true, true, true, true]);
});

it('keeps back no other context, and everything of whoever has no pack here', async () => {
  const isWithheld = await withheld();
  now = '1998-07-01T00:00:00.000Z';
  expect(isWithheld(reference('1900-01-01', { context: 'member' }))).toBe(false);
  expect(isWithheld(reference('1998-06-30', { tenant: 'nobody' }))).toBe(true);
});

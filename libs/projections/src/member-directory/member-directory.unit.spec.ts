import {
  correctionRequested,
  erasureRequested,
  id,
  infoCorrected,
  memberErased,
  projectionSpec,
  realNameVerified,
  registered,
  sealedAs,
} from '@lacuna/testing';
import { memberDirectory } from './member-directory.projection.js';

const { given } = projectionSpec(memberDirectory);
const other = { memberId: id(77), name: '某某', mobile: '19900000077' };

describe('member-directory', () => {
  it('holds a registered member from its position on, every value sealed', () =>
    given()
      .when(registered())
      .then([
        {
          tenant: 'car-club',
          memberId: id(1),
          validFrom: 1n,
          validTo: null,
          status: 'live',
          name: sealedAs('许一诺'),
          mobile: sealedAs('19900000001'),
          plate: null,
        },
      ]));

  it('keeps what held before a correction, with the positions from and to which it held', () =>
    given(registered(), correctionRequested())
      .when(infoCorrected({ changes: { mobile: '19900000002' } }))
      .then([
        { validFrom: 1n, validTo: 3n, mobile: sealedAs('19900000001') },
        { validFrom: 3n, validTo: null, mobile: sealedAs('19900000002'), name: sealedAs('许一诺') },
      ]));

  it('is not moved by an event that comes twice', () =>
    given(registered(), correctionRequested())
      .when(infoCorrected(), { numberOfTimes: 2 })
      .then([
        { validFrom: 1n, validTo: 3n },
        { validFrom: 3n, validTo: null },
      ]));

  it('shows from when on a member is restricted', () =>
    given(registered())
      .when(erasureRequested())
      .then([
        { validTo: 2n, status: 'live' },
        { validFrom: 2n, validTo: null, status: 'restricted' },
      ]));

  it('R077 has no row of an erased member, of no time; a neighbour is untouched', () =>
    given(registered(), registered(other), correctionRequested(), infoCorrected(), erasureRequested())
      .when(memberErased(), { numberOfTimes: 2 })
      .then([{ memberId: other.memberId, mobile: sealedAs('19900000077') }]));

  it('never leads from a member to a real-name record', () => given().when(realNameVerified()).thenNothing());

  it('keeps one id of two tenants apart', () =>
    given(registered(), { ...registered(), tenant: 'other-club' }, erasureRequested())
      .when(memberErased())
      .then([{ tenant: 'other-club', validTo: null }]));

  it('parks a correction of somebody who is not there, and a second registration', () => {
    given().when(infoCorrected()).thenParked('ROW_MISSING');
    given(registered()).when(registered()).thenParked('ROW_EXISTS');
  });
});

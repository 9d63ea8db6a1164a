import {
  deciderSpec,
  eraseIdentity,
  id,
  identityErased,
  instantOf,
  realNameVerified,
  verifyRealName,
} from '@lacuna/testing';
import { claimAbandoned } from '../claim/index.js';
import { identityDecider } from './index.js';

const { given } = deciderSpec(identityDecider);

it('R001 records an ID number as a record of its own, which names no member', () => {
  given().when(verifyRealName()).then(realNameVerified());
  expect(Object.keys(realNameVerified().data).sort()).toEqual(['idNumber', 'identityId', 'name']);
});

it('refuses a second verification, since it cannot see whether it says the same', () => {
  given(realNameVerified()).when(verifyRealName()).thenRefused('REAL_NAME_VERIFIED_ALREADY');
});

it('R118 refuses a number that cannot be one', () => {
  given()
    .when(verifyRealName({ idNumber: '999999197001010018' }))
    .thenRefused('FIELD_INVALID', { field: 'idNumber', rule: 'id-number-checksum' });
});

it('R013 refuses a verification that does not say how it was collected', () => {
  const command = verifyRealName();
  const processing = { ...command.context.processing, channel: '' };
  given()
    .when({ ...command, context: { ...command.context, processing } })
    .thenRefused('FIELD_INVALID', { field: 'processing.channel', rule: 'required' });
});

it('R078 keeps an identity to the midnight at which the law lets it go, and erases it then, once', () => {
  given(realNameVerified())
    .when(eraseIdentity({ destroyedAt: instantOf('2003-07-01T23:59:59.999+08:00') }))
    .thenRefused('ERASURE_RETAINED_BY_LAW');
  given(realNameVerified()).when(eraseIdentity()).then(identityErased()).andAgain().thenNothing();
});

it('knows nobody where nobody was verified, and takes nobody back', () => {
  given(claimAbandoned('id-number', id(9)))
    .when(eraseIdentity())
    .thenRefused('IDENTITY_NOT_FOUND');
  given(realNameVerified(), identityErased()).when(verifyRealName()).thenRefused('IDENTITY_ERASED');
});

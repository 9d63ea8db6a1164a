import type {
  EraseIdentity,
  IdentityErased,
  RealNameVerified,
  VerifyRealName,
} from '@lacuna/domain/identity';
import { commandBuilder, eventBuilder, id, instantOf } from './message-builder.js';

const identityId = id(4);

/** The area 999999 is assigned to nobody, so that the number can belong to no person. */
export const someIdNumber = '999999197001010017';

export const verifyRealName = commandBuilder<VerifyRealName>('VerifyRealName', {
  identityId,
  name: '许一诺',
  idNumber: someIdNumber,
  today: '1998-07-01',
});
export const eraseIdentity = commandBuilder<EraseIdentity>('EraseIdentity', {
  identityId,
  keptUntil: instantOf('2003-07-02T00:00+08:00'),
  destroyedAt: instantOf('2003-07-02T00:00+08:00'),
});

export const realNameVerified = eventBuilder<RealNameVerified<string>>('RealNameVerified', {
  identityId,
  name: '许一诺',
  idNumber: someIdNumber,
});
export const identityErased = eventBuilder<IdentityErased>('IdentityErased', {
  identityId,
  destroyedAt: instantOf('2003-07-02T00:00+08:00'),
});

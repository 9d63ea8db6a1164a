import { LacunaError } from '@lacuna/domain/kernel';
import type { Kms } from './kms.port.js';

const guard = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof LacunaError) throw error;
    throw new LacunaError('KMS_UNAVAILABLE', 'the KMS does not answer as it should', [], { cause: error });
  }
};

/** A KMS whose every failure is `KMS_UNAVAILABLE`, or the code it gave itself: never taken for one of the database. */
export const guardedKms = (kms: Kms): Kms => ({
  load: () => guard(kms.load()),
  create: (keyClass, epoch) => guard(kms.create(keyClass, epoch)),
  destroy: (keyClass, epoch) => guard(kms.destroy(keyClass, epoch)),
});

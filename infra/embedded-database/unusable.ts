import { LacunaError } from '@lacuna/domain/kernel';

/** Why the embedded database does not run, in words for whoever starts it: paths and programs, never a password. */
export const unusable = (problem: string, cause?: unknown): LacunaError =>
  new LacunaError('DATABASE_UNUSABLE', problem, [], { cause });

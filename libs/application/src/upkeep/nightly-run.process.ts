import type { Instant } from '@lacuna/domain/kernel';
import { localDate, type PolicyPack } from '@lacuna/domain/policy';
import type { KeyClassName, KeysRotated } from '@lacuna/domain/upkeep';
import type { Rotation } from '@lacuna/custody';
import type { Ports } from '../ports.js';
import { upkeepState } from './clock-jump.js';
import { appendUpkeepFact, rotationsSince } from './upkeep-log.js';

const isLogged = (logged: readonly KeysRotated['data'][], one: Rotation): boolean =>
  logged.some(
    ({ keyClass, epoch, destroyedBefore }) =>
      keyClass === one.keyClass && epoch === one.epoch && destroyedBefore === one.destroyedBefore,
  );

/** Writes down what custody has rotated and the log does not know: tonight's, and one that a crash came after. */
const recordRotations = async (ports: Ports): Promise<void> => {
  const rotations = await ports.custody.rotations();
  const oldest = rotations.map(({ destroyedBefore }) => destroyedBefore).sort()[0];
  const logged = oldest === undefined ? [] : await rotationsSince(ports.store, oldest);
  for (const rotation of rotations.filter((one) => !isLogged(logged, one))) {
    const { keyClass, epoch, destroyedBefore, at } = rotation;
    await appendUpkeepFact(
      ports,
      { type: 'KeysRotated', data: { keyClass, epoch, destroyedBefore, unrecoverableAt: at } },
      [keyClass, String(epoch), destroyedBefore],
    );
  }
};

const anyPack = (packs: ReadonlyMap<string, PolicyPack>): PolicyPack | undefined =>
  packs.values().next().value;

/**
 * Rotates each class of keys in which something was destroyed, and writes it down. Safe to repeat after a crash at any
 * point: custody keeps its last rotations, and the log is asked which of them it knows.
 */
export const rotateKeys = async (ports: Ports): Promise<void> => {
  const now = ports.clock.now();
  const zone = anyPack(ports.packs)?.zone ?? 'UTC';
  await ports.custody.rotate(now, localDate(now, zone).slice(0, 7));
  await recordRotations(ports);
};

/** The run that follows another one (or the birth of the store) is one fact, however many take part in it. */
export const completeNight = async (ports: Ports, follows: Instant): Promise<void> => {
  const zone = anyPack(ports.packs)?.zone ?? 'UTC';
  const date = localDate(ports.clock.now(), zone);
  const { rotated } = await upkeepState(ports);
  await appendUpkeepFact(ports, { type: 'NightlyRunCompleted', data: { date, rotated } }, [follows]);
};

/**
 * The first rotation of a class that covers what was destroyed at an instant: from when on it was unrecoverable. Null:
 * not yet. Rotations come newest first.
 */
export const firstCovering = (
  rotations: readonly KeysRotated['data'][],
  keyClass: KeyClassName,
  destroyedAt: Instant,
): Instant | null =>
  rotations.findLast((one) => one.keyClass === keyClass && one.destroyedBefore >= destroyedAt)
    ?.unrecoverableAt ?? null;

/**
 * When a person's keys that were destroyed at an instant became unrecoverable: with the rotation of the subject keys,
 * and of the lookup keys where that came with it. Null: not yet.
 */
export const unrecoverableSince = (
  rotations: readonly KeysRotated['data'][],
  destroyedAt: Instant,
): Instant | null => {
  const subject = firstCovering(rotations, 'subject', destroyedAt);
  if (subject === null) return null;
  const lookup = firstCovering(rotations, 'lookup', destroyedAt);
  return lookup !== null && lookup > subject ? lookup : subject;
};

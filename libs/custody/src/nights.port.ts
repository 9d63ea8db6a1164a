import type { Sealed } from '@lacuna/domain/kernel';

/**
 * A hold on the night that counts what is recorded now. While it is held the nightly run waits, so what is sealed
 * here is appended before the night is read. Synchronous but for `release`.
 */
export interface NightHold {
  readonly night: string;
  /** Seals under the night key. */
  seal(field: string, eventId: string, plaintext: string): Sealed;
  /** The pseudonym of a person, for this night alone (22 characters). */
  pseudonym(subject: string): string;
  /** UUID under the night key's `id` purpose. */
  id(label: string): string;
  release(): void;
}

/** A night that nobody records into any more: what is sealed under its key can be read once, then the key goes. */
export interface ClosedNight {
  readonly night: string;
  /** Everything of this night stands in the log after this position. */
  readonly from: bigint;
  open(field: string, eventId: string, value: Sealed): string | null;
  id(label: string): string;
}

/** The nights whose runs count what was recorded. */
export interface NightCustody {
  /**
   * The night that is named, for recording. Its key is made with the first hold, `head` (the log's, asked before) is
   * where its events can begin. `NIGHT_CLOSED`: its run has begun; ask the clock again.
   */
  holdNight(tenant: string, night: string, head: () => Promise<bigint>): Promise<NightHold>;

  /**
   * Closes every night up to the one named: no hold is given any more, and it resolves when all that were given have
   * been released (or their process is gone). The oldest first; a night whose key is destroyed is not among them.
   */
  closeNights(tenant: string, through: string): Promise<readonly ClosedNight[]>;
}

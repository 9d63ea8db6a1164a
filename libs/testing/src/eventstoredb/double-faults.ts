/** What the double is told to do wrong. Each is armed by a test and does what a real cluster was seen to do. */
export type DoubleFaults = {
  /** So many more writes are let pass before what is armed for writes happens. */
  sparedWrites: number;
  /** So many more writes are committed, and the connection is dropped before their answer. */
  loseAnswers: number;
  /** So many more writes are not looked at, and the connection is dropped. */
  loseRequests: number;
  /** So many more calls are answered "Server Is Not Ready". */
  unavailable: number;
  /** So many more writes are committed and answered with a time-out. */
  timeouts: number;
  /** Nothing is answered any more. */
  isSilent: boolean;
  /** Every response of a read waits so long. */
  readDelayMs: number;
  /** Connections are dropped after so many events of reads and subscriptions; 0: never. */
  cutReadsAfter: number;
};

export const noFaults = (): DoubleFaults => ({
  sparedWrites: 0,
  loseAnswers: 0,
  loseRequests: 0,
  unavailable: 0,
  timeouts: 0,
  isSilent: false,
  readDelayMs: 0,
  cutReadsAfter: 0,
});

type Countable = 'loseAnswers' | 'loseRequests' | 'unavailable' | 'timeouts';

/** Uses up one of what is armed. */
export const takeFault = (faults: DoubleFaults, fault: Countable): boolean => {
  if (faults[fault] <= 0) return false;
  faults[fault] -= 1;
  return true;
};

/** Whether a write is one that is let pass. */
export const isSpared = (faults: DoubleFaults): boolean => {
  if (faults.sparedWrites <= 0) return false;
  faults.sparedWrites -= 1;
  return true;
};

/** What the double is told to do wrong. Each is armed by a test and does what a real cluster was seen to do. */
export type DoubleFaults = {
  /** Connections are dropped after so many more writes were committed, each answer lost. */
  loseAnswers: number;
  /** Connections are dropped before so many more writes are looked at. */
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

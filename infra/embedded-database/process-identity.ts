import { readFileSync } from 'node:fs';

/** A process that a pid alone does not name: pids are given again, after a restart of the machine all of them. */
export type ProcessIdentity = Readonly<{ pid: number; startedAt: string; boot: string }>;

const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
};

// Field 22 of /proc/<pid>/stat; the second, the program's name in brackets, may hold spaces and brackets itself.
const startTime = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

// A zombie is dead: nobody may have waited for it yet.
const isZombie = (pid: number): boolean => {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

export const identityOf = (pid: number): ProcessIdentity => ({
  pid,
  startedAt: startTime(pid) ?? '',
  boot: bootId(),
});

/** Whether this very process still runs. */
export const stillRuns = ({ pid, startedAt, boot }: ProcessIdentity): boolean =>
  isAlive(pid) && boot === bootId() && startedAt === (startTime(pid) ?? '');

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const childrenOf = (pid: number): readonly number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
};

const commandOf = (pid: number): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
};

export const kill9 = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
};

/** A server and all that it has started. */
export const familyOf = (pid: number): readonly number[] => [pid, ...childrenOf(pid)];

/** The postmaster on a data folder; `undefined` where none runs there, whatever its pid file says. */
export const postmasterOf = (home: string): number | undefined => {
  const data = join(home, 'postgres', 'data');
  try {
    const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return commandOf(pid).includes(data) ? pid : undefined;
  } catch {
    return undefined;
  }
};

/** SIGKILL to the postmaster and all that it started. False: there was none. */
export const killPostmaster = (home: string): boolean => {
  const pid = postmasterOf(home);
  if (pid === undefined) return false;
  for (const one of familyOf(pid)) kill9(one);
  return true;
};

/** The backends that serve a connection of the product, by the name the connection gave itself. */
export const backendsOf = (home: string): readonly number[] => {
  const pid = postmasterOf(home);
  return pid === undefined
    ? []
    : childrenOf(pid).filter((child) => /^postgres: \S+ lacuna /.test(commandOf(child).join(' ')));
};

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** The server user of an embedded database must get through; what is private in it is a private file. */
export const makeHome = (home: string): void => {
  mkdirSync(home, { recursive: true, mode: 0o711 });
  mkdirSync(join(home, 'keys'), { recursive: true, mode: 0o700 });
};

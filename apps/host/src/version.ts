import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

// Beside the sources and beside the built product: the nearest one above is the checkout's.
const manifestAbove = (folder: string): string => {
  const manifest = join(folder, 'package.json');
  return existsSync(manifest) ? manifest : manifestAbove(dirname(folder));
};

/** Of the product, as its package says. */
export const { version } = JSON.parse(readFileSync(manifestAbove(import.meta.dirname), 'utf8')) as Readonly<{
  version: string;
}>;

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Built to dist/apps/standalone/src: the checkout is four folders above it.
const manifest = join(import.meta.dirname, '..', '..', '..', '..', 'package.json');

/** Of the product, as its package says. */
export const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as Readonly<{ version: string }>;

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.cwd();

const violationsOf = (folder: string, source: string): string => {
  const seeded = mkdtempSync(join(root, folder, 'seeded-'));
  try {
    writeFileSync(join(seeded, 'seeded.ts'), source);
    const run = spawnSync(join(root, 'node_modules/.bin/depcruise'), [seeded, '--output-type', 'err'], {
      cwd: root,
      encoding: 'utf8',
    });
    return run.stdout;
  } finally {
    rmSync(seeded, { recursive: true, force: true });
  }
};

it.each([
  ['the domain import a lib', 'libs/domain/src', "import '@lacuna/runtime';", 'not-in-allowed'],
  ['the domain import Node', 'libs/domain/src', "import 'node:fs';", 'domain-is-pure-of-node'],
  ['a projection import custody', 'libs/projections/src', "import '@lacuna/custody';", 'not-in-allowed'],
  [
    'the projector import custody',
    'apps/projector/src',
    "import '@lacuna/custody';",
    'projector-destroys-nothing',
  ],
  [
    'an app reach behind an index',
    'apps/reactor/src',
    "import '../../../../libs/custody/src/custody.port.js';",
    'not-in-allowed',
  ],
  [
    'a handler make a span past the list',
    'libs/application/src',
    "import '@opentelemetry/api';",
    'telemetry-in-one-room',
  ],
  [
    'an app make a figure past the list',
    'apps/host/src',
    "import '@prometheus-io/client';",
    'telemetry-in-one-room',
  ],
  ['a handler import TypeORM', 'libs/application/src', "import 'typeorm';", 'typeorm-stays-in-stores'],
])('the import rules do not let %s', (_what, folder, source, rule) => {
  expect(violationsOf(folder, source)).toContain(rule);
});

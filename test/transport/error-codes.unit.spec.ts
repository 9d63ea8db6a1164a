import { globSync, readFileSync } from 'node:fs';
import { errorTable, operatorCodes } from '@lacuna/contracts';

const RAISED = /\b(?:\w*Error|refuse|refused|toRefusal)\(\s*'([A-Z][A-Z0-9_]+)'/g;
const CHOSEN = /\? '([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)' : '([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)'/g;
const PROPERTY = /\breadonly code = '([A-Z][A-Z0-9_]+)'/g;

const sources = globSync(['libs/*/src/**/*.ts', 'apps/*/src/**/*.ts']).filter(
  (path) =>
    !path.endsWith('.spec.ts') &&
    !path.includes('/generated/') &&
    !path.startsWith('apps/admin-cli/') &&
    // Doubles of other servers answer with those servers' statuses.
    !path.startsWith('libs/testing/'),
);

const codesIn = (text: string): readonly string[] =>
  [RAISED, CHOSEN, PROPERTY].flatMap((pattern) =>
    [...text.matchAll(pattern)]
      .flatMap(([, ...codes]) => codes)
      // A setting that is refused, by its name.
      .filter((code) => !code.startsWith('LACUNA_')),
  );

it('every code that is raised anywhere has its answer in the one table, or is the operator’s', () => {
  const known = new Set([...Object.keys(errorTable), ...operatorCodes]);
  const unknown = sources.flatMap((path) =>
    codesIn(readFileSync(path, 'utf8'))
      .filter((code) => !known.has(code))
      .map((code) => `${code} in ${path}`),
  );
  expect(sources.length).toBeGreaterThan(100);
  expect([...new Set(unknown)]).toEqual([]);
});

it('no code is in both lists', () => {
  expect(operatorCodes.filter((code) => Object.hasOwn(errorTable, code))).toEqual([]);
});

it('gRPC status numbers are known to one file', () => {
  const importers = sources.filter((path) =>
    /import \{[^}]*\bstatus\b[^}]*\} from '@grpc\/grpc-js'/.test(readFileSync(path, 'utf8')),
  );
  expect(importers).toEqual(['libs/contracts/src/errors/error-table.ts']);
});

const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { paths: {}, baseUrl: '.' } }] },
  moduleNameMapper: {
    '^@lacuna/domain/(.+)$': '<rootDir>/libs/domain/src/$1/index.ts',
    '^@lacuna/embedded-database$': '<rootDir>/infra/embedded-database/index.ts',
    '^@lacuna/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.lacuna/', '<rootDir>/.cache/'],
};
const roots = ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/infra', '<rootDir>/test'];
const tier = (displayName, suffix, extra = {}) => ({
  ...base,
  displayName,
  roots,
  testMatch: [`**/*.${suffix}.spec.ts`],
  ...extra,
});
const withPostgres = {
  globalSetup: '<rootDir>/test/setup/postgres.mjs',
  globalTeardown: '<rootDir>/test/setup/postgres-teardown.mjs',
};

/**
 * Five tiers by suffix: unit (no I/O), int (real PostgreSQL), e2e (the built product), fault (kills, cuts, attacks),
 * kafka (real brokers beside it, which need Java and Maven).
 */
export default {
  testTimeout: 30_000,
  projects: [
    tier('unit', 'unit'),
    tier('int', 'int', withPostgres),
    tier('e2e', 'e2e'),
    tier('fault', 'fault', withPostgres),
    tier('kafka', 'kafka', withPostgres),
  ],
};

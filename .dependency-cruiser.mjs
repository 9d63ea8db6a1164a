/**
 * Who may import whom: an allow-list, so that what is not said here is forbidden (README.md and CONTRIBUTING.md say why).
 * A lib is imported through its index only; specs may also use `testing`.
 */
const domain = (part) => `^libs/domain/src/${part}/`;
const index = (lib) => `^libs/${lib}/src/index\\.ts$`;
const kernel = '^libs/domain/src/kernel/index\\.ts$';
const catalogue = '^libs/domain/src/catalogue/index\\.ts$';
const anyDomain = '^libs/domain/src/[^/]+/index\\.ts$';
const spec = '\\.spec\\.ts$';

const may = (from, ...to) => ({ from: { path: from }, to: { path: to } });
const lib = (name, ...to) => may(`^libs/${name}/`, `^libs/${name}/`, ...to);
const app = (name, ...to) => may(`^apps/${name}/`, `^apps/${name}/`, ...to);
const host = '^apps/host/src/(index|run-process|run-app)\\.ts$';
const every = ['application', 'contracts', 'custody', 'event-store', 'projections', 'runtime'].map(index);

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: [spec, '\\.d\\.ts$', '^test/', '\\.mjs$', 'main\\.ts$'] },
      to: {},
    },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'domain-is-pure',
      comment: 'Pure TypeScript: calendar arithmetic is the one library it may use.',
      severity: 'error',
      from: { path: '^libs/domain/', pathNot: spec },
      to: { path: ['^node:', 'node_modules'], pathNot: ['temporal-polyfill', 'temporal-spec'] },
    },
    {
      name: 'domain-is-pure-of-node',
      severity: 'error',
      from: { path: '^libs/domain/', pathNot: spec },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'typeorm-stays-in-stores',
      comment: 'TypeORM owns entities, migrations and reads; rules and handlers never see it.',
      severity: 'error',
      from: {
        path: '^(libs|apps)/',
        pathNot: [
          '\\.(entity|store|migration)\\.ts$',
          '/migrations/',
          '^libs/runtime/src/schema/',
          '\\.module\\.ts$',
          spec,
        ],
      },
      to: { path: 'node_modules/typeorm/' },
    },
    {
      name: 'grpc-status-in-one-file',
      comment: 'Which code becomes which gRPC status is said once.',
      severity: 'error',
      from: { path: '^libs/(domain|application|custody|event-store|projections)/' },
      to: { path: 'node_modules/@grpc/' },
    },
    {
      name: 'telemetry-in-one-room',
      comment: 'Names and values of spans and figures are closed lists: nobody makes one past them.',
      severity: 'error',
      from: { path: '^(libs|apps|infra)/', pathNot: ['^libs/runtime/src/telemetry/', spec] },
      to: { path: ['node_modules/@opentelemetry/', 'node_modules/@prometheus-io/client/'] },
    },
    {
      name: 'projector-destroys-nothing',
      severity: 'error',
      from: { path: '^apps/projector/' },
      to: { path: ['^libs/custody/', 'node_modules/kafkajs/'] },
    },
  ],
  allowedSeverity: 'error',
  allowed: [
    { from: {}, to: { dependencyTypes: ['npm', 'npm-dev', 'core', 'npm-no-pkg', 'npm-optional'] } },
    may('^libs/domain/src/([^/]+)/', '^libs/domain/src/$1/'),
    may('^libs/domain/', anyDomain),
    lib('event-store', kernel, index('runtime')),
    lib('custody', kernel, catalogue, index('event-store'), index('runtime')),
    lib('application', anyDomain, index('event-store'), index('custody'), index('runtime')),
    lib('projections', anyDomain, index('event-store'), index('runtime')),
    lib('contracts'),
    lib('runtime'),
    lib('testing', anyDomain, index('event-store'), index('projections'), index('runtime')),
    may('^libs/testing/src/kafka/', '^infra/kafka/index\\.ts$'),
    app('host', ...every, anyDomain),
    // An app's process stands on the host; its slices do not know in which process they run.
    may('^apps/[^/]+/src/(main|[^/]+\\.(app|module))\\.ts$', host),
    app('command-api', ...['application', 'contracts', 'runtime'].map(index), anyDomain),
    app(
      'query-api',
      ...['projections', 'application', 'custody', 'contracts', 'runtime'].map(index),
      anyDomain,
    ),
    app('projector', ...['event-store', 'projections', 'runtime'].map(index), anyDomain),
    app('reactor', ...every, anyDomain),
    app('admin-cli', ...every, anyDomain, '^infra/', '^apps/'),
    app('standalone', ...every, anyDomain, host, '^infra/', '^apps/[^/]+/src/(index|[^/]+\\.module)\\.ts$'),
    may('^apps/[^/]+/src/[^/]+\\.module\\.ts$', index('event-store'), index('custody')),
    may('^infra/', '^infra/', ...every, anyDomain),
    may(spec, '^libs/testing/src/index\\.ts$', '^infra/embedded-database/', ...every, anyDomain),
    may(
      '^test/',
      '^test/',
      '^libs/testing/src/index\\.ts$',
      '^infra/',
      ...every,
      anyDomain,
      '^apps/[^/]+/src/',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', 'libs/contracts/src/generated'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};

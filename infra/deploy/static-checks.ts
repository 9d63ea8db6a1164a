import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { COMPOSE_FILE, readCompose } from './compose-file.js';
import { notRun, outcomeOf, type Outcome } from './outcome.js';
import { runToEnd } from './programs.js';
import { SCHEMAS_WHEEL, tools, type Tool, type Toolbox } from './tools.js';

/** The oldest version that the chart takes, and the newest that there are schemas of. */
const KUBERNETES = ['1.30.0', '1.37.0'];

// What kube-score would have and we do not, with the reason.
const IGNORED_SCORES = [
  'container-resources', // memory is limited; a limit of CPU only makes calls wait
  'container-image-pull-policy', // a version or a digest is the same image each time
  'container-security-context-user-group-id', // 1000 is `node` of the base image
  'deployment-has-host-podantiaffinity', // spread by topologySpreadConstraints, which it does not look at
];

export type Checks = Readonly<{ root: string; toolbox: Toolbox }>;

const withTool = async (
  { toolbox }: Checks,
  name: string,
  tool: Tool,
  work: (program: string) => Promise<string> | string,
): Promise<Outcome> => {
  const found = toolbox.find(tool);
  return 'missing' in found ? notRun(name, found.missing) : outcomeOf(name, () => work(found.path));
};

/** compose-go, the library that Docker Compose reads its files with; and that it refuses a key that there is not. */
export const checkCompose = (checks: Checks): Promise<Outcome> =>
  withTool(checks, `${COMPOSE_FILE} (compose-go)`, tools.compose, (program) => {
    // Beside the file itself, since its paths are relative to it; variables replaced, since the tool reads none.
    const folder = mkdtempSync(join(checks.root, '.compose-'));
    try {
      const file = join(folder, COMPOSE_FILE);
      const compose = readCompose(checks.root);
      writeFileSync(file, stringify(compose));
      runToEnd([program, file]);
      const bogus = { ...compose, services: { ...compose.services, postgres: { imagge: 'x' } } };
      writeFileSync(file, stringify(bogus));
      if (spawnSync(program, [file]).status === 0) throw new Error('it took a key that there is not');
      return `${Object.keys(compose.services).length} services; a wrong key is refused`;
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

export const checkDockerfile = (checks: Checks): Promise<Outcome> =>
  withTool(checks, 'Dockerfile (hadolint)', tools.hadolint, (program) => {
    // DL3066 wants a number for USER; `node` is a user of the base image, and 1000 in compose and chart.
    runToEnd([program, '--ignore', 'DL3066', join(checks.root, 'infra/docker/Dockerfile')]);
    return 'no finding';
  });

export const checkScripts = (checks: Checks): Promise<Outcome> =>
  withTool(checks, 'shell scripts (shellcheck)', tools.shellcheck, (program) => {
    const scripts = ['certificates.sh', 'eventstore/start.sh'].map((name) =>
      join(checks.root, 'infra/docker', name),
    );
    runToEnd([program, ...scripts]);
    return `${scripts.length} scripts, no finding`;
  });

const chartOf = ({ root }: Checks): string => join(root, 'infra/helm/lacuna');

const valuesOf = (checks: Checks): readonly string[] =>
  readdirSync(join(chartOf(checks), 'ci')).map((name) => join(chartOf(checks), 'ci', name));

export const renderChart = (helm: string, chart: string, values: string, version: string): string =>
  runToEnd([
    helm,
    'template',
    'lacuna',
    chart,
    '--namespace',
    'club',
    '--kube-version',
    version,
    '-f',
    values,
  ]);

export const checkChart = (checks: Checks): Promise<Outcome> =>
  withTool(checks, 'chart (helm lint, strict)', tools.helm, (helm) => {
    const files = valuesOf(checks);
    for (const values of files) runToEnd([helm, 'lint', '--strict', chartOf(checks), '-f', values]);
    if (
      spawnSync(helm, ['lint', chartOf(checks), '-f', files[0] ?? '', '--set', 'image.tag=latest']).status ===
      0
    )
      throw new Error('its schema took the tag latest');
    return `${files.length} value files; the schema refuses the tag latest`;
  });

// Their references name a server; in a folder of their own they name each other.
const localSchemas = (unpacked: string, folder: string): string => {
  for (const version of KUBERNETES) {
    const from = join(unpacked, 'kubernetes_validate/kubernetes-json-schema', `v${version}-local-strict`);
    const to = join(folder, `v${version}`);
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) {
      const text = readFileSync(join(from, name), 'utf8').replaceAll(
        '"/api/_definitions.json',
        '"_definitions.json',
      );
      const schema = JSON.parse(text) as Readonly<Record<string, unknown>>;
      writeFileSync(join(to, name), JSON.stringify({ ...schema, $id: undefined }));
    }
  }
  return join(folder, '{{ .NormalizedKubernetesVersion }}', '{{ .ResourceKind }}{{ .KindSuffix }}.json');
};

const conform = (program: string, schemas: string, version: string, objects: string): string =>
  runToEnd(
    [
      program,
      '-strict',
      '-summary',
      '-kubernetes-version',
      version,
      '-schema-location',
      schemas,
      '-skip',
      'ServiceMonitor',
    ],
    { input: objects },
  ).trim();

/** Every object of every value file, by the schemas of Kubernetes; and that a mistyped field is refused. */
export const checkObjects = (checks: Checks): Promise<Outcome> => {
  const name = 'chart (helm template, kubeconform)';
  const helm = checks.toolbox.find(tools.helm);
  const schemas = checks.toolbox.unpacked(SCHEMAS_WHEEL);
  if ('missing' in helm) return Promise.resolve(notRun(name, helm.missing));
  if ('missing' in schemas) return Promise.resolve(notRun(name, schemas.missing));
  return withTool(checks, name, tools.kubeconform, (program) => {
    const location = localSchemas(schemas.path, join(schemas.path, 'local'));
    const found = KUBERNETES.flatMap((version) =>
      valuesOf(checks).map((values) => {
        const objects = renderChart(helm.path, chartOf(checks), values, version);
        const wrong = objects.replace('failureThreshold: 3', 'failureTreshold: 3');
        if (
          spawnSync(program, ['-strict', '-schema-location', location, '-kubernetes-version', version], {
            input: wrong,
          }).status === 0
        )
          throw new Error('it took a field that there is not');
        return `${basename(values, '-values.yaml')} ${version}: ${/Valid: \d+/.exec(conform(program, location, version, objects))?.[0]}`;
      }),
    );
    return `${found.join(', ')}; ServiceMonitor skipped (no schema)`;
  });
};

export const checkScores = (checks: Checks): Promise<Outcome> => {
  const name = 'chart (kube-score)';
  const helm = checks.toolbox.find(tools.helm);
  if ('missing' in helm) return Promise.resolve(notRun(name, helm.missing));
  return withTool(checks, name, tools.kubeScore, (program) => {
    const values = join(chartOf(checks), 'ci/distributed-values.yaml');
    const objects = renderChart(helm.path, chartOf(checks), values, '1.30.0');
    const ignored = IGNORED_SCORES.flatMap((score) => ['--ignore-test', score]);
    runToEnd([program, 'score', '--kubernetes-version', 'v1.30', ...ignored, '-'], { input: objects });
    return `no critical finding; not asked: ${IGNORED_SCORES.join(', ')}`;
  });
};

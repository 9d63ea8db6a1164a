/** The database of a process: as whom it runs, and what an operator must know of that. */
export type HostDatabase = Readonly<{
  /** What the product runs with; the owner's where no role could be made. */
  runtimeUrl: string;
  /** Shown at the start and in `status`. */
  warnings: readonly string[];
}>;

export const NO_ROLE =
  'the product runs as the owner of the database, which may not create roles: nothing but the code keeps the log from being changed. Let it create roles, or give LACUNA_RUNTIME_DATABASE_URL.';

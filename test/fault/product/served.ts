/** Where the services are at this moment. `life`: another one means that whoever was connected is not any more. */
export type Reached = Readonly<{ life: string; command: string; query: string; admin: string }>;

/** Something that serves the product, in one process or in several, and that dies and comes back. */
export interface Served {
  readonly home: string;
  /** No other life will come: whoever waits for one gives up. */
  readonly isOver: boolean;
  /** Null while something of it does not serve. */
  reached(): Reached | null;
  /** Its database as the owner, to look past the product. */
  ownerUrl(): string;
}

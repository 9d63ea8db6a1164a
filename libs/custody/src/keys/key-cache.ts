export type KeyCacheOptions = Readonly<{ size: number; maxAgeMs: number }>;

/** One half of a cache: entries by reference and scope, and how many there are. */
class Generation<Entry> {
  readonly entries = new Map<string, Map<string, Entry>>();
  size = 0;

  get(ref: string, scope: string): Entry | undefined {
    return this.entries.get(ref)?.get(scope);
  }

  put(ref: string, scope: string, entry: Entry): void {
    const own = this.entries.get(ref) ?? new Map<string, Entry>();
    this.size += own.has(scope) ? 0 : 1;
    this.entries.set(ref, own.set(scope, entry));
  }

  forget(ref: string): void {
    this.size -= this.entries.get(ref)?.size ?? 0;
    this.entries.delete(ref);
  }
}

/**
 * Unwrapped keys by the key's reference and the scope it is joined with, bounded in number and age. It only saves
 * unwrapping: whoever takes a key from it has asked the fences of its row and of its scope's row in the same call. Two
 * generations: what was used lately outlives a turn, and nothing stays longer than `maxAgeMs` unused (a destroyed key,
 * or one of a destroyed scope, that nobody asks for goes as well).
 */
export class KeyCache<Entry> {
  private young = new Generation<Entry>();
  private old = new Generation<Entry>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: KeyCacheOptions) {
    this.timer = setInterval(() => this.turn(), options.maxAgeMs / 2);
    this.timer.unref();
  }

  get(ref: string, scope: string): Entry | undefined {
    const young = this.young.get(ref, scope);
    if (young) return young;
    const old = this.old.get(ref, scope);
    if (old) this.put(ref, scope, old);
    return old;
  }

  put(ref: string, scope: string, entry: Entry): void {
    if (this.young.size >= this.options.size / 2) this.turn();
    this.young.put(ref, scope, entry);
  }

  /** Whatever scope it was joined with. */
  forget(ref: string): void {
    this.young.forget(ref);
    this.old.forget(ref);
  }

  /** At least as many as are held: what moved to the young half stands in the old one until it turns. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  close(): void {
    clearInterval(this.timer);
    this.young = new Generation();
    this.old = new Generation();
  }

  private turn(): void {
    this.old = this.young;
    this.young = new Generation();
  }
}

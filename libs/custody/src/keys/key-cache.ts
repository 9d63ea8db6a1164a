import type { KeyEntry } from './key-entry.js';

export type KeyCacheOptions = Readonly<{ size: number; maxAgeMs: number }>;

/**
 * Unwrapped keys by reference, bounded in number and age. It only saves unwrapping: whoever takes a key from it
 * has asked the subject's fence in the same call. Two generations: what was used lately outlives a turn,
 * and nothing stays longer than `maxAgeMs` unused (a destroyed key that nobody asks for goes as well).
 */
export class KeyCache {
  private young = new Map<string, KeyEntry>();
  private old = new Map<string, KeyEntry>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: KeyCacheOptions) {
    this.timer = setInterval(() => this.turn(), options.maxAgeMs / 2);
    this.timer.unref();
  }

  get(ref: string): KeyEntry | undefined {
    const entry = this.young.get(ref) ?? this.old.get(ref);
    if (entry) this.put(entry);
    return entry;
  }

  put(entry: KeyEntry): void {
    if (this.young.size >= this.options.size / 2) this.turn();
    this.young.set(entry.owner.ref, entry);
  }

  forget(ref: string): void {
    this.young.delete(ref);
    this.old.delete(ref);
  }

  get size(): number {
    return new Set([...this.young.keys(), ...this.old.keys()]).size;
  }

  close(): void {
    clearInterval(this.timer);
    this.young.clear();
    this.old.clear();
  }

  private turn(): void {
    this.old = this.young;
    this.young = new Map();
  }
}

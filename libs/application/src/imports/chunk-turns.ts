/** Resolves, whatever became of it, when the chunk before has been counted or has failed. */
export type Before = Promise<unknown>;

/**
 * The chunks of imports that this process is at. The next one is written while the one before it still is, and counted
 * after it; so many at once as callers send. What runs here is named by nobody: a chunk whose predecessor is not under
 * way finds nothing, and is out of turn unless custody says otherwise.
 */
export class ChunkTurns {
  readonly #underWay = new Map<string, Before>();

  /** `work` begins at once: the chunk behind this one, asked for from now on, finds it. */
  take<Answer>(
    importId: string,
    chunk: number,
    work: (before: Before | null) => Promise<Answer>,
  ): Promise<Answer> {
    const name = `${importId} ${String(chunk)}`;
    const answer = work(this.#underWay.get(`${importId} ${String(chunk - 1)}`) ?? null);
    const settled: Before = answer.then(
      () => this.#leave(name, settled),
      () => this.#leave(name, settled),
    );
    this.#underWay.set(name, settled);
    return answer;
  }

  // Sent twice at once, the later one has taken the place of the first.
  #leave(name: string, settled: Before): void {
    if (this.#underWay.get(name) === settled) this.#underWay.delete(name);
  }
}

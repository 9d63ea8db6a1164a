/**
 * One after the other under one name. Everybody who signs up appends to the one stream of the activity: at once they
 * would only make each other load it again. Of another process, the log's expected revision still sees to it.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<Answer>(name: string, act: () => Promise<Answer>): Promise<Answer> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const turn = before.then(act, act);
    this.#last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    }
  }
}

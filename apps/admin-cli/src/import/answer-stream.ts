import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';

type Waiting<Answer> = Readonly<{ resolve: (answer: Answer) => void; reject: (error: Error) => void }>;

/**
 * A streaming call that answers each request once, in the order of the requests. `send` resolves to the answer of its
 * own request; when the call breaks, everything that waits is rejected with the reason.
 */
export class AnswerStream<Request, Answer> {
  readonly #waiting: Waiting<Answer>[] = [];
  #broken: Error | null = null;
  /** Set while the call takes no more: one wait for all senders. */
  #full: Promise<void> | null = null;

  constructor(private readonly call: ClientDuplexStream<Request, Answer>) {
    call.on('data', (answer: Answer) => this.#waiting.shift()?.resolve(answer));
    call.on('error', (error: ServiceError) => this.#fail(error));
    call.on('status', () => this.#fail(new Error('the server ended the call')));
  }

  async send(request: Request): Promise<Answer> {
    while (this.#full) await this.#full;
    if (this.#broken) throw this.#broken;
    const answer = new Promise<Answer>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    if (!this.call.write(request)) this.#full = this.#drain();
    return answer;
  }

  async #drain(): Promise<void> {
    await new Promise<void>((resolve) => this.call.once('drain', () => resolve()));
    this.#full = null;
  }

  /** No more requests follow; answers that are under way still come. */
  end(): void {
    this.call.end();
  }

  #fail(error: Error): void {
    this.#broken ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#broken);
    // Whoever waits for room to write is let go, and sees what happened.
    this.call.emit('drain');
  }
}

import { Observable, type Subscriber } from 'rxjs';
import { limits } from './limits.js';
import type { ServerCall } from './call.interceptor.js';

/** What we need of a grpc-js duplex call: a Node stream that can be paused and says when its reader is slow. */
export type DuplexCall = WritingCall & {
  pause(): unknown;
  resume(): unknown;
};

/** What we need of a call that answers with a stream. */
export type WritingCall = ServerCall & {
  readonly writableNeedDrain: boolean;
  once(event: 'drain' | 'cancelled', listener: () => void): unknown;
  off(event: 'drain' | 'cancelled', listener: () => void): unknown;
};

/** Resolves when the reader has taken what was written, or has gone, or when it is not to be waited for any longer. */
export const drained = (call: WritingCall, over?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done);
      call.off('cancelled', done);
      over?.removeEventListener('abort', done);
      resolve();
    };
    call.once('drain', done);
    call.once('cancelled', done);
    over?.addEventListener('abort', done);
    if (over?.aborted) done();
  });

/** One streaming call's records in flight: a queue of answers to come, in the order of their requests. */
class RecordWindow<Request, Answer> {
  private readonly pending: Promise<Answer>[] = [];
  private sourceDone = false;
  private writing = false;

  constructor(
    private readonly call: DuplexCall,
    private readonly answer: (request: Request) => Promise<Answer>,
    private readonly subscriber: Subscriber<Answer>,
    private readonly size: number,
  ) {}

  take(request: Request): void {
    this.pending.push(this.answer(request));
    if (this.pending.length >= this.size) this.call.pause();
    this.write();
  }

  end(): void {
    this.sourceDone = true;
    this.write();
  }

  private write(): void {
    if (this.writing) return;
    this.writing = true;
    this.writeAll().catch((error: unknown) => this.subscriber.error(error));
  }

  private async writeAll(): Promise<void> {
    for (let next = this.pending[0]; next !== undefined; next = this.pending[0]) {
      this.subscriber.next(await next);
      void this.pending.shift();
      if (this.call.writableNeedDrain && !this.call.cancelled) await drained(this.call);
      if (this.pending.length < this.size) this.call.resume();
    }
    this.writing = false;
    if (this.sourceDone) this.subscriber.complete();
  }
}

/**
 * Answers a stream record by record, in the order of the requests, at most `size` at once. The sender is held back
 * while that many are in flight or while the answers are not being read: memory stays bounded whatever the client
 * does. `answer` must not reject: a refused record is an answer.
 */
export const answerInOrder = <Request, Answer>(
  requests: Observable<Request>,
  call: DuplexCall,
  answer: (request: Request) => Promise<Answer>,
  size: number = limits.maxRecordsInFlight,
): Observable<Answer> =>
  new Observable((subscriber) => {
    const window = new RecordWindow(call, answer, subscriber, size);
    return requests.subscribe({
      next: (request) => window.take(request),
      error: (error: unknown) => subscriber.error(error),
      complete: () => window.end(),
    });
  });

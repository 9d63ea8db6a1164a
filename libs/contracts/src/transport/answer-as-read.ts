import { Observable, type Subscriber } from 'rxjs';
import { drained, type WritingCall } from './answer-in-order.js';

const writeAll = async <Answer>(
  answers: AsyncIterable<Answer>,
  call: WritingCall,
  subscriber: Subscriber<Answer>,
): Promise<void> => {
  for await (const answer of answers) {
    if (subscriber.closed) return;
    subscriber.next(answer);
    if (call.writableNeedDrain && !call.cancelled) await drained(call);
  }
};

/**
 * Answers with a stream that goes on as fast as it is read and no faster: the next answer is asked for when the one
 * before has gone out, so that a slow reader costs one answer of memory. `signal` aborts when nobody reads any more.
 */
export const answerAsRead = <Answer>(
  call: WritingCall,
  answers: (signal: AbortSignal) => AsyncIterable<Answer>,
): Observable<Answer> =>
  new Observable((subscriber) => {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    call.once('cancelled', leave);
    writeAll(answers(gone.signal), call, subscriber).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => {
      call.off('cancelled', leave);
      leave();
    };
  });

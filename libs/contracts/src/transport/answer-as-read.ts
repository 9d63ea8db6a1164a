import { Observable, type Subscriber } from 'rxjs';
import { drained, type WritingCall } from './answer-in-order.js';

/** Answers that go on until `over` aborts, if not before: then whoever asks for the next one finds the end. */
export type EndingAnswers<Answer> = Readonly<{ answers: AsyncIterable<Answer>; over: AbortSignal }>;

const writeAll = async <Answer>(
  coming: Promise<EndingAnswers<Answer>>,
  call: WritingCall,
  subscriber: Subscriber<Answer>,
): Promise<void> => {
  const { answers, over } = await coming;
  for await (const answer of answers) {
    if (subscriber.closed) return;
    subscriber.next(answer);
    if (call.writableNeedDrain && !call.cancelled) await drained(call, over);
  }
};

/**
 * Answers with a stream that goes on as fast as it is read and no faster: the next answer is asked for when the one
 * before has gone out, so that a slow reader costs one answer of memory. One that reads nothing at all does not keep it
 * from its end. `gone` aborts when nobody reads any more.
 */
export const answerUntilOver = <Answer>(
  call: WritingCall,
  begin: (gone: AbortSignal) => Promise<EndingAnswers<Answer>>,
): Observable<Answer> =>
  new Observable((subscriber) => {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    call.once('cancelled', leave);
    writeAll(begin(gone.signal), call, subscriber).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => {
      call.off('cancelled', leave);
      leave();
    };
  });

/** `answerUntilOver` for answers that end by themselves. */
export const answerAsRead = <Answer>(
  call: WritingCall,
  answers: (gone: AbortSignal) => AsyncIterable<Answer>,
): Observable<Answer> =>
  answerUntilOver(call, (gone) => Promise.resolve({ answers: answers(gone), over: gone }));

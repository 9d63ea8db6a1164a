import { EventEmitter } from 'node:events';
import { answerAsRead, answerUntilOver } from './answer-as-read.js';

class SlowCall extends EventEmitter {
  cancelled = false;
  writableNeedDrain = true;
  getDeadline(): number {
    return Infinity;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('A11 asks for the next answer when the last one has gone out, whatever there is', async () => {
  const call = new SlowCall();
  let made = 0;
  const answers = async function* () {
    await turn();
    for (;;) yield (made += 1);
  };
  const got: number[] = [];
  const subscription = answerAsRead(call, answers).subscribe((answer) => got.push(answer));
  for (let drains = 1; drains <= 3; drains += 1) {
    await turn();
    await turn();
    expect([made, got.length]).toEqual([drains, drains]);
    call.emit('drain');
  }
  subscription.unsubscribe();
});

it('F07 tells the source when the reader has gone, by itself or by the call, and takes no more of it', async () => {
  for (const leave of ['cancelled', 'unsubscribe'] as const) {
    const call = new SlowCall();
    let aborted = false;
    let returned = false;
    const answers = async function* (signal: AbortSignal) {
      signal.addEventListener('abort', () => (aborted = true));
      try {
        await turn();
        for (;;) yield 1;
      } finally {
        returned = true;
      }
    };
    const subscription = answerAsRead(call, answers).subscribe();
    await turn();
    await turn();
    call.cancelled = leave === 'cancelled';
    if (leave === 'cancelled') call.emit('cancelled');
    subscription.unsubscribe();
    call.emit('drain');
    await turn();
    await turn();
    expect([aborted, returned]).toEqual([true, true]);
  }
});

it('ends when it is over, although nobody reads, and lets go of what it held', async () => {
  const call = new SlowCall();
  const over = new AbortController();
  let isHeld = true;
  const answers = async function* () {
    try {
      for (let n = 0; !over.signal.aborted; n += 1) yield await Promise.resolve(n);
    } finally {
      isHeld = false;
    }
  };
  const got: number[] = [];
  const ended = new Promise<void>((resolve) => {
    answerUntilOver(call, () => Promise.resolve({ answers: answers(), over: over.signal })).subscribe({
      next: (answer) => got.push(answer),
      complete: resolve,
    });
  });
  await turn();
  await turn();
  expect([got, isHeld]).toEqual([[0], true]);
  over.abort();
  await ended;
  expect([got, isHeld, call.listenerCount('drain')]).toEqual([[0], false, 0]);
});

it('ends as its source ends, and fails as it fails', async () => {
  const call = new SlowCall();
  call.writableNeedDrain = false;
  const end = (fails: boolean): Promise<string> =>
    new Promise((resolve) => {
      const answers = async function* () {
        yield await Promise.resolve(1);
        if (fails) throw new Error('no');
      };
      answerAsRead(call, answers).subscribe({
        complete: () => resolve('complete'),
        error: (error: unknown) => resolve(String(error)),
      });
    });
  expect([await end(false), await end(true)]).toEqual(['complete', 'Error: no']);
  expect(call.listenerCount('cancelled')).toBe(0);
});

import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when something holds; throws, saying what, where it never does. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 120_000,
): Promise<void> => {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`still not after ${limitMs / 1000} s: ${what}`);
    await sleep(50);
  }
};

/** Does something for each, some at once. */
export const each = async <Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
  atOnce = 16,
): Promise<void> => {
  const left = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of left) await act(item);
    }),
  );
};

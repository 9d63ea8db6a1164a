import { randomInt } from 'node:crypto';

/** How many at least stand together, so that none of them is told from the others. */
const LEAST = 20;

/**
 * Holds back what would date a single behaviour: the moment at which a figure moves, beside the order of the log, would
 * give the event its time. It is let out in shuffled lots; a random number, 20 to 39, always stays behind, so that
 * neither the lot's size nor its moment says which one came last. What is held back when the process ends is dropped.
 */
export class Lots {
  #held: (() => void)[] = [];
  #keep = randomInt(LEAST, 2 * LEAST);

  add(release: () => void): void {
    this.#held.push(release);
    if (this.#held.length < this.#keep + LEAST) return;
    const lot = this.#held.splice(0, this.#held.length - this.#keep);
    this.#keep = randomInt(LEAST, 2 * LEAST);
    for (const one of shuffled(lot)) one();
  }
}

const shuffled = <Item>(items: readonly Item[]): readonly Item[] => {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [order[last], order[other]] = [order[other] as Item, order[last] as Item];
  }
  return order;
};

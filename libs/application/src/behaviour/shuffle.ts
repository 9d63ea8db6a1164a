import { randomInt } from 'node:crypto';

/** In an order that nobody can compute again: what came together must not tell by its order who is who. */
export const shuffled = <Item>(items: readonly Item[]): readonly Item[] => {
  const order = [...items];
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1);
    [order[at], order[other]] = [order[other] as Item, order[at] as Item];
  }
  return order;
};
